// Pictures that chunks lend one another. Smoothing reads frames on each side of a chunk; each of
// them is decoded once, by the chunk that it belongs to, and stored for all who read it.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/plan/frames.h"

namespace weft {

// The frames of `core` that smoothing frames outside of it reads, ascending.
// scene_starts: ascending; the first is 0. REQUIRES: core is not empty and ends within the clip.
std::vector<std::uint32_t> LentFrames(FrameRange core,
                                      std::uint32_t window,
                                      const std::vector<std::uint32_t>& scene_starts,
                                      std::uint32_t frame_count);

// The output that a lent frame is, such as "picture/17".
std::string PictureName(std::uint32_t frame);
bool IsPictureName(const std::string& output);

}  // namespace weft
