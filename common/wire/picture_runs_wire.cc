#include "common/wire/picture_runs_wire.h"

namespace weft {

std::vector<FrameRange> PictureGroupsOf(const v1::JobSpec& spec, const v1::Clip& clip) {
  if (spec.lossless() || spec.group_frames() == 0) {
    return {};
  }
  return PictureGroups(spec.group_frames(),
                       {clip.scene_starts().begin(), clip.scene_starts().end()},
                       clip.frame_count());
}

std::vector<FrameRange> PictureRunsOf(const v1::Task& task) {
  const v1::FrameRange& core = task.chunk().core();
  return PictureRuns({core.begin(), core.end()}, PictureGroupsOf(task.job(), task.clip()));
}

}  // namespace weft
