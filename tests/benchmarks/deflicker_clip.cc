#include "tests/benchmarks/deflicker_clip.h"

#include <filesystem>
#include <vector>

#include "tests/benchmarks/clip_frames.h"
#include "tests/benchmarks/true_motion.h"
#include "worker/deflicker/deflicker.h"

namespace weft::bench {
namespace {

struct Clip {
  std::vector<Frame> clean;
  std::vector<Frame> flicker;
  std::vector<Frame> guide;  // Empty: there is none.
  std::vector<eval::Motion> motion;
};

Result<deflicker::Mode> ModeNamed(const std::string& name) {
  if (name == "balanced") {
    return deflicker::Mode::kBalanced;
  }
  if (name == "accurate") {
    return deflicker::Mode::kAccurate;
  }
  if (name == "fast") {
    return deflicker::Mode::kFast;
  }
  if (name == "robust") {
    return deflicker::Mode::kRobust;
  }
  return Failure(ErrorCode::kInvalidArgument,
                 "no mode " + name + ": balanced, accurate, fast or robust");
}

// The only place that knows the engine.
Result<std::vector<Frame>> RunEngine(const Clip& clip, const DeflickerOrder& order) {
  if (order.threads != 1) {
    return Failure(ErrorCode::kUnsupported, "the engine has one thread");
  }
  const auto frame_count = static_cast<std::uint32_t>(clip.flicker.size());
  deflicker::DeflickerOptions options;
  options.window = order.window;
  WEFT_ASSIGN_OR_RETURN(options.mode, ModeNamed(order.mode));
  const deflicker::FrameRun stylized{0, &clip.flicker};
  const deflicker::FrameRun guides{0, clip.guide.empty() ? nullptr : &clip.guide};
  return Smooth(guides, stylized, {0, frame_count}, {0}, frame_count, options);
}

bool Fit(const std::vector<Frame>& frames, const std::vector<Frame>& clean) {
  return frames.size() == clean.size() && frames.front().width == clean.front().width &&
         frames.front().height == clean.front().height;
}

Status Check(const Clip& clip) {
  const Frame& first = clip.clean.front();
  const bool frames_fit =
      Fit(clip.flicker, clip.clean) && (clip.guide.empty() || Fit(clip.guide, clip.clean));
  const bool motion_fits = clip.clean.size() >= 2 && clip.motion.size() == clip.clean.size() - 1 &&
                           clip.motion.front().known.size() == cv::Size(first.width, first.height);
  if (!frames_fit || !motion_fits) {
    return Failure(ErrorCode::kInvalidArgument,
                   "clips and motion must be of one size and as long as clean.mkv");
  }
  return {};
}

Result<Clip> ReadFolder(const std::filesystem::path& folder) {
  Clip clip;
  WEFT_ASSIGN_OR_RETURN(clip.clean, ReadClipFrames((folder / "clean.mkv").string()));
  WEFT_ASSIGN_OR_RETURN(clip.flicker, ReadClipFrames((folder / "flicker.mkv").string()));
  const std::filesystem::path guide = folder / "guide.mkv";
  if (std::filesystem::exists(guide)) {
    WEFT_ASSIGN_OR_RETURN(clip.guide, ReadClipFrames(guide.string()));
  }
  WEFT_ASSIGN_OR_RETURN(clip.motion, ReadTrueMotion((folder / "gtflow.npz").string()));
  WEFT_RETURN_IF_ERROR(Check(clip));
  return clip;
}

}  // namespace

Result<DeflickerFigures> MeasureDeflicker(const DeflickerOrder& order) {
  WEFT_ASSIGN_OR_RETURN(const Clip clip, ReadFolder(order.folder));
  const Stopwatch watch;
  WEFT_ASSIGN_OR_RETURN(const std::vector<Frame> smoothed, RunEngine(clip, order));
  const Spent spent = watch.Read();
  return DeflickerFigures{{clip.clean.front().width, clip.clean.front().height},
                          static_cast<std::uint32_t>(clip.clean.size()),
                          spent,
                          ScoreClip(smoothed, clip.clean, clip.motion),
                          ScoreClip(clip.flicker, clip.clean, clip.motion)};
}

}  // namespace weft::bench
