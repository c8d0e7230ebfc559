// Which key frames make which frames, where a clip is made from a few of its frames.

#pragma once

#include <cstdint>
#include <vector>

#include "common/plan/frames.h"
#include "common/result.h"

namespace weft {

// ok, or kInvalidArgument: no key frame, one that is no frame of the job, key frames that do not
// ascend, or a shot without any; says which.
// scene_starts: ascending; the first is 0.
Status CheckKeyFrames(const std::vector<std::uint32_t>& key_frames,
                      const std::vector<std::uint32_t>& scene_starts,
                      std::uint32_t frame_count);

// The key frames that make `frame`, ascending: itself, or the nearest before and after it in its
// scene, one of which may be missing. REQUIRES: CheckKeyFrames() said ok; frame < frame_count.
std::vector<std::uint32_t> KeysAround(std::uint32_t frame,
                                      const std::vector<std::uint32_t>& key_frames,
                                      const std::vector<std::uint32_t>& scene_starts,
                                      std::uint32_t frame_count);

}  // namespace weft
