#include "worker/stages/smoothing.h"

#include <cstdint>

#include "worker/deflicker/deflicker.h"
#include "worker/stages/job_clip.h"

namespace weft::worker {
namespace {

deflicker::DeflickerOptions OptionsOf(const v1::JobSpec& job) {
  deflicker::DeflickerOptions options{.window = job.window(), .seed = job.seed()};
  if (job.smoothing_mode() == v1::SMOOTHING_MODE_ROBUST) {
    options.mode = deflicker::Mode::kRobust;
  } else if (job.smoothing_mode() == v1::SMOOTHING_MODE_FAST) {
    options.mode = deflicker::Mode::kFast;
  }
  if (job.has_guide_weight()) {
    options.guide_weight = static_cast<int>(job.guide_weight());
  }
  if (job.patch_size() != 0) {
    options.patch_size_min = static_cast<int>(job.patch_size());
  }
  return options;
}

}  // namespace

Status CheckSmoothing(const v1::JobSpec& job, const v1::Clip& clip) {
  return deflicker::CheckDeflicker(static_cast<int>(clip.size().width()),
                                   static_cast<int>(clip.size().height()), OptionsOf(job));
}

Result<std::vector<Frame>> Smooth(const v1::Task& task,
                                  FrameRange core,
                                  const std::vector<Frame>* guides,
                                  const std::vector<Frame>& pictures) {
  const std::uint32_t first = task.chunk().halo().begin();
  return deflicker::Smooth({first, guides}, {first, &pictures}, core, SceneStarts(task.clip()),
                           task.clip().frame_count(), OptionsOf(task.job()));
}

}  // namespace weft::worker
