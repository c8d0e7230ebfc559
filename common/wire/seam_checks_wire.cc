#include "common/wire/seam_checks_wire.h"

#include <algorithm>

#include "common/plan/statistics.h"

namespace weft {

SeamCheckOrder SeamCheckOrderOf(const v1::JobSpec& spec, const v1::Clip& clip) {
  return {
      .checks = spec.seam_report() ? spec.seam_checks() : 0,
      .chunk_frames = spec.chunk_frames(),
      .apart = spec.exchange() == v1::EXCHANGE_NONE,
      .window = spec.window(),
      .passes = static_cast<std::uint32_t>(spec.smooth_steps_size()) + (spec.final_pass() ? 1 : 0),
      .scene_starts = {clip.scene_starts().begin(), clip.scene_starts().end()},
      .frame_count = clip.frame_count()};
}

std::uint32_t ChunkOfCheck(std::uint32_t number, const v1::JobSpec& spec, const v1::Clip& clip) {
  const std::uint32_t length = std::max(spec.chunk_frames(), 1U);
  return (clip.frame_count() + length - 1) / length + number;
}

bool IsSeamCheck(const v1::Task& task) {
  const v1::TaskId& id = task.attempt().task();
  const bool has_chunk = id.stage() == v1::STAGE_DENOISE ||
                         (id.stage() == v1::STAGE_FINISH && id.round() != kSceneRound);
  return has_chunk && task.chunk().index() >= ChunkOfCheck(0, task.job(), task.clip());
}

std::vector<std::uint32_t> LentBy(const v1::Task& task) {
  const v1::JobSpec& job = task.job();
  if (job.exchange() == v1::EXCHANGE_NONE || job.window() == 0 || IsSeamCheck(task)) {
    return {};
  }
  const SeamCheckOrder order = SeamCheckOrderOf(job, task.clip());
  const v1::FrameRange& core = task.chunk().core();
  return LentToAll({core.begin(), core.end()}, SeamChecks(order), order);
}

std::vector<std::uint32_t> FramesChecked(const v1::Task& task) {
  const v1::FrameRange& core = task.chunk().core();
  return FramesChecked(FrameRange{core.begin(), core.end()},
                       SeamChecks(SeamCheckOrderOf(task.job(), task.clip())));
}

}  // namespace weft
