#include "worker/deflicker/deflicker.h"

#include <cstddef>
#include <optional>
#include <string>
#include <utility>

#include "worker/deflicker/balanced.h"
#include "worker/deflicker/fast.h"
#include "worker/deflicker/prepared_window.h"
#include "worker/deflicker/robust.h"
#include "worker/deflicker/tile_field.h"
#include "worker/deflicker/tile_vote.h"

namespace weft::deflicker {
namespace {

// Reads frames of a clip, which all have one size.
class CheckedClip {
 public:
  CheckedClip(const ClipFrames& clip, const DeflickerOptions& options)
      : clip_(clip), options_(options) {}

  Result<Frame> Style(std::uint32_t number) {
    WEFT_ASSIGN_OR_RETURN(Frame frame, Read(clip_.style, number));
    const std::size_t deep = frame.deep.size();
    if ((deep != 0 && deep != frame.rgb.size()) || (style_deep_ && *style_deep_ != deep)) {
      return Failure(ErrorCode::kInvalidArgument,
                     "frame " + std::to_string(number) + " has another bit depth than others");
    }
    style_deep_ = deep;
    return frame;
  }

  // nullopt: there are no guides.
  Result<std::optional<Frame>> Guide(std::uint32_t number) {
    if (!clip_.guide) {
      return std::optional<Frame>();
    }
    WEFT_ASSIGN_OR_RETURN(Frame frame, Read(clip_.guide, number));
    return std::optional<Frame>(std::move(frame));
  }

 private:
  Result<Frame> Read(const ReadFrame& read, std::uint32_t number) {
    WEFT_ASSIGN_OR_RETURN(Frame frame, read(number));
    if (width_ == 0) {
      WEFT_RETURN_IF_ERROR(CheckDeflicker(frame.width, frame.height, options_));
      width_ = frame.width;
      height_ = frame.height;
    }
    const std::size_t values =
        std::size_t{3} * static_cast<std::size_t>(width_) * static_cast<std::size_t>(height_);
    if (frame.width != width_ || frame.height != height_ || frame.rgb.size() != values) {
      return Failure(ErrorCode::kInvalidArgument,
                     "frame " + std::to_string(number) + ": guide and rendered frame must be " +
                         std::to_string(width_) + "x" + std::to_string(height_));
    }
    return frame;
  }

  const ClipFrames& clip_;
  const DeflickerOptions& options_;
  int width_ = 0;
  int height_ = 0;
  std::optional<std::size_t> style_deep_;  // Values of Frame::deep in every style.
};

// prepare(number, guide, style) makes what smoother.Smoothed() reads.
template <typename Smoother, typename Prepare>
// NOLINTNEXTLINE(readability-function-size): a mode's two parts, and what SmoothFrames() is given.
Status SmoothWith(Smoother&& smoother,
                  const Prepare& prepare,
                  const ClipFrames& clip,
                  FrameRange core,
                  const DeflickerOptions& options,
                  const TakeFrame& take) {
  using Prepared = decltype(prepare(0, nullptr, Frame()));
  CheckedClip checked(clip, options);
  const auto read = [&](std::uint32_t number) -> Result<Prepared> {
    WEFT_ASSIGN_OR_RETURN(const Frame style, checked.Style(number));
    WEFT_ASSIGN_OR_RETURN(const std::optional<Frame> guide, checked.Guide(number));
    return prepare(number, guide ? &*guide : nullptr, style);
  };
  PreparedWindow<Prepared> prepared;
  for (std::uint32_t number = core.begin; number < core.end; ++number) {
    const FrameRange window =
        SmoothingWindow(number, options.window, clip.scene_starts, clip.frame_count);
    WEFT_RETURN_IF_ERROR(prepared.MoveTo(window, read));
    WEFT_RETURN_IF_ERROR(take(smoother.Smoothed(prepared.Frames(), number, window)));
  }
  return {};
}

Status CheckPatch(const DeflickerOptions& options) {
  if (options.patch_size > 2 * kVoteRadiusMax + 1) {
    return Failure(ErrorCode::kInvalidArgument,
                   "patches of this mode are at most " + std::to_string(2 * kVoteRadiusMax + 1) +
                       " pixels, not " + std::to_string(options.patch_size));
  }
  if (options.guide_weight < 0 || options.guide_weight > kGuideWeightMax) {
    return Failure(ErrorCode::kInvalidArgument, "deflicker guide weight must be 0 to " +
                                                    std::to_string(kGuideWeightMax) + ", not " +
                                                    std::to_string(options.guide_weight));
  }
  return {};
}

bool Holds(const FrameRun& run, FrameRange range) {
  return run.first <= range.begin && range.end - run.first <= run.frames->size();
}

ReadFrame ReaderOf(const FrameRun& run) {
  return [run](std::uint32_t number) -> Result<Frame> { return (*run.frames)[number - run.first]; };
}

}  // namespace

Status CheckDeflicker(int width, int height, const DeflickerOptions& options) {
  if (options.mode == Mode::kRobust) {
    return CheckTileSearch(width, height, {});
  }
  WEFT_RETURN_IF_ERROR(CheckPatch(options));
  return CheckTileSearch(width, height, {.patch_size = options.patch_size});
}

Status SmoothFrames(const ClipFrames& clip,
                    FrameRange core,
                    const DeflickerOptions& options,
                    const TakeFrame& take) {
  if (core.begin >= core.end || core.end > clip.frame_count) {
    return Failure(ErrorCode::kInvalidArgument, "deflicker: no such frames in the job");
  }
  const StyleOptions style{options.patch_size, options.guide_weight};
  switch (options.mode) {
    case Mode::kBalanced:
      return SmoothWith(BalancedSmoother(style, BalancedSmoother::Aim::kItself, options.seed),
                        PrepareMatch, clip, core, options, take);
    case Mode::kAccurate:
      return SmoothWith(BalancedSmoother(style, BalancedSmoother::Aim::kMean, options.seed),
                        PrepareMatch, clip, core, options, take);
    case Mode::kFast:
      return SmoothWith(FastSmoother({.patch_size = options.patch_size, .rounds = 1}, options.seed),
                        PrepareMatch, clip, core, options, take);
    case Mode::kRobust:
      return SmoothWith(RobustSmoother({options.window, bool{clip.guide}, options.seed}),
                        PrepareRobust, clip, core, options, take);
  }
  return Failure(ErrorCode::kInternal, "no such deflicker mode");
}

// NOLINTNEXTLINE(readability-function-size): six things that no caller has in one place.
Result<std::vector<Frame>> Smooth(const FrameRun& guides,
                                  const FrameRun& stylized,
                                  FrameRange core,
                                  const std::vector<std::uint32_t>& scene_starts,
                                  std::uint32_t frame_count,
                                  const DeflickerOptions& options) {
  const bool guided = guides.frames != nullptr;
  if (core.begin >= core.end || core.end > frame_count) {
    return Failure(ErrorCode::kInvalidArgument, "deflicker: no such frames in the job");
  }
  const FrameRange needed = SmoothingHalo(core, options.window, scene_starts, frame_count);
  if (stylized.frames == nullptr || !Holds(stylized, needed) ||
      (guided && !Holds(guides, needed))) {
    return Failure(ErrorCode::kInvalidArgument, "deflicker needs guides and rendered frames " +
                                                    std::to_string(needed.begin) + " to " +
                                                    std::to_string(needed.end - 1));
  }
  std::vector<Frame> smoothed;
  smoothed.reserve(core.size());
  WEFT_RETURN_IF_ERROR(SmoothFrames(
      {guided ? ReaderOf(guides) : ReadFrame(), ReaderOf(stylized), scene_starts, frame_count},
      core, options, [&](Frame frame) -> Status {
        smoothed.push_back(std::move(frame));
        return {};
      }));
  return smoothed;
}

}  // namespace weft::deflicker
