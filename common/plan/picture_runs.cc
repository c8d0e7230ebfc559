#include "common/plan/picture_runs.h"

#include <algorithm>

namespace weft {

std::vector<FrameRange> PictureGroups(std::uint32_t group_frames,
                                      const std::vector<std::uint32_t>& scene_starts,
                                      std::uint32_t frame_count) {
  std::vector<FrameRange> groups;
  for (const std::uint32_t begin : SpacedFrames(group_frames, scene_starts, frame_count)) {
    if (!groups.empty()) {
      groups.back().end = begin;
    }
    groups.push_back({begin, frame_count});
  }
  return groups;
}

std::vector<FrameRange> PictureRuns(FrameRange core, const std::vector<FrameRange>& groups) {
  std::vector<FrameRange> runs;
  auto group = std::partition_point(groups.begin(), groups.end(),
                                    [&](FrameRange each) { return each.end <= core.begin; });
  for (; group != groups.end() && group->begin < core.end; ++group) {
    const std::uint32_t end = std::min(group->end, core.end);
    for (std::uint32_t begin = std::max(group->begin, core.begin); begin < end;
         begin += kRunFramesMax) {
      runs.push_back({begin, std::min(begin + kRunFramesMax, end)});
    }
  }
  return runs;
}

std::string RunName(FrameRange run) {
  return "run/" + std::to_string(run.begin);
}

}  // namespace weft
