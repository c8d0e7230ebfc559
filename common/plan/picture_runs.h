// Groups of pictures of the finished file, and how the frames of a chunk are kept without loss
// until a group is encoded: in runs of which none goes across a group's border, so that who encodes
// a group reads nothing else, and of few frames, so that nobody holds many.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/plan/frames.h"

namespace weft {

inline constexpr std::uint32_t kRunFramesMax = 32;

// One group begins with every scene and every group_frames frames after that; in order, without
// gaps. scene_starts: ascending; the first is 0. REQUIRES: group_frames > 0.
std::vector<FrameRange> PictureGroups(std::uint32_t group_frames,
                                      const std::vector<std::uint32_t>& scene_starts,
                                      std::uint32_t frame_count);

// The runs of a chunk whose core this is, in order. Of the part of it that lies in one group they
// are the same.
std::vector<FrameRange> PictureRuns(FrameRange core, const std::vector<FrameRange>& groups);

// The output that a run is, such as "run/48".
std::string RunName(FrameRange run);

}  // namespace weft
