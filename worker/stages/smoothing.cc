#include "worker/stages/smoothing.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "worker/deflicker/interpolation.h"
#include "worker/stages/keys.h"

namespace weft::worker {
namespace {

deflicker::Mode ModeOf(const v1::JobSpec& job) {
  switch (job.smoothing_mode()) {
    case v1::SMOOTHING_MODE_ROBUST:
      return deflicker::Mode::kRobust;
    case v1::SMOOTHING_MODE_FAST:
      return deflicker::Mode::kFast;
    case v1::SMOOTHING_MODE_ACCURATE:
      return deflicker::Mode::kAccurate;
    default:
      return deflicker::Mode::kBalanced;
  }
}

deflicker::DeflickerOptions OptionsOf(const v1::JobSpec& job) {
  deflicker::DeflickerOptions options{.window = job.window(), .seed = job.seed()};
  options.mode = ModeOf(job);
  if (job.has_guide_weight()) {
    options.guide_weight = static_cast<int>(job.guide_weight());
  }
  if (job.patch_size() != 0) {
    options.patch_size = static_cast<int>(job.patch_size());
  }
  return options;
}

deflicker::InterpolationOptions InterpolationOf(const v1::JobSpec& job) {
  deflicker::InterpolationOptions options{.window = job.window(), .seed = job.seed()};
  if (job.has_guide_weight()) {
    options.guide_weight = static_cast<int>(job.guide_weight());
  }
  if (job.patch_size() != 0) {
    options.patch_size = static_cast<int>(job.patch_size());
  }
  return options;
}

Status InterpolateClip(const v1::Task& task, WarmClip& clips, const deflicker::TakeFrame& take) {
  const v1::JobSpec& job = task.job();
  const v1::Clip& clip = task.clip();
  WEFT_ASSIGN_OR_RETURN(const std::vector<std::uint32_t> key_frames, KeyNumbers(job, clip));
  const deflicker::ClipFrames frames = {
      [&](std::uint32_t number) { return ReadStretched(job, clip, number, clips); },
      [&](std::uint32_t number) { return ReadKey(job, clip, number, clips); }, SceneStarts(clip),
      clip.frame_count()};
  return deflicker::Interpolate(frames, key_frames, ToRange(task.chunk().core()),
                                InterpolationOf(job), take);
}

}  // namespace

Status CheckSmoothing(const v1::JobSpec& job, const v1::Clip& clip) {
  const auto width = static_cast<int>(clip.size().width());
  const auto height = static_cast<int>(clip.size().height());
  return TakesKeys(job) ? deflicker::CheckInterpolation(width, height, InterpolationOf(job))
                        : deflicker::CheckDeflicker(width, height, OptionsOf(job));
}

std::vector<std::uint32_t> ScenesWithinHalo(const v1::Task& task) {
  std::vector<std::uint32_t> starts = SceneStarts(task.clip());
  const FrameRange halo = ToRange(task.chunk().halo());
  starts.insert(starts.end(), {halo.begin, halo.end});
  std::sort(starts.begin(), starts.end());
  starts.erase(std::unique(starts.begin(), starts.end()), starts.end());
  return starts;
}

Result<std::vector<Frame>> Smooth(const v1::Task& task,
                                  FrameRange core,
                                  const std::vector<Frame>* guides,
                                  const std::vector<Frame>& pictures,
                                  const std::vector<std::uint32_t>& scene_starts) {
  const std::uint32_t first = task.chunk().halo().begin();
  return deflicker::Smooth({first, guides}, {first, &pictures}, core, scene_starts,
                           task.clip().frame_count(), OptionsOf(task.job()));
}

Status SmoothClip(const v1::Task& task, WarmClip& clips, const deflicker::TakeFrame& take) {
  if (TakesKeys(task.job())) {
    return InterpolateClip(task, clips, take);
  }
  deflicker::ClipFrames frames;
  frames.style = [&](std::uint32_t number) {
    return ReadFrame(task.job(), task.clip(), number, clips);
  };
  if (!task.job().guide_path().empty()) {
    frames.guide = [&](std::uint32_t number) -> Result<Frame> {
      WEFT_ASSIGN_OR_RETURN(std::vector<Frame> guides,
                            ReadGuides(task.job(), task.clip(), {number, number + 1}, clips));
      return std::move(guides.front());
    };
  }
  frames.scene_starts = SceneStarts(task.clip());
  frames.frame_count = task.clip().frame_count();
  return deflicker::SmoothFrames(frames, ToRange(task.chunk().core()), OptionsOf(task.job()), take);
}

}  // namespace weft::worker
