#include "worker/deflicker/deflicker.h"

#include <algorithm>
#include <cstddef>
#include <deque>
#include <string>
#include <utility>

#include "worker/deflicker/fast.h"
#include "worker/deflicker/float_plane.h"
#include "worker/deflicker/patch_match.h"
#include "worker/deflicker/remap.h"
#include "worker/deflicker/robust.h"
#include "worker/deflicker/tile_field.h"
#include "worker/deflicker/tile_vote.h"

namespace weft::deflicker {
namespace {

bool Holds(const FrameRun& run, FrameRange range) {
  return run.first <= range.begin && range.end - run.first <= run.frames->size();
}

const Frame& FrameOf(const FrameRun& run, std::uint32_t number) {
  return (*run.frames)[number - run.first];
}

bool HasSize(const Frame& frame, int width, int height) {
  return frame.width == width && frame.height == height &&
         frame.rgb.size() ==
             std::size_t{3} * static_cast<std::size_t>(width) * static_cast<std::size_t>(height);
}

Status CheckRuns(const FrameRun& guides, const FrameRun& stylized, FrameRange needed) {
  const bool guided = guides.frames != nullptr;
  if (stylized.frames == nullptr || !Holds(stylized, needed) ||
      (guided && !Holds(guides, needed))) {
    return Failure(ErrorCode::kInvalidArgument, "deflicker needs guides and rendered frames " +
                                                    std::to_string(needed.begin) + " to " +
                                                    std::to_string(needed.end - 1));
  }
  const Frame& first = FrameOf(guided ? guides : stylized, needed.begin);
  for (std::uint32_t number = needed.begin; number < needed.end; ++number) {
    if (!HasSize(FrameOf(stylized, number), first.width, first.height) ||
        (guided && !HasSize(FrameOf(guides, number), first.width, first.height))) {
      return Failure(ErrorCode::kInvalidArgument,
                     "frame " + std::to_string(number) + ": guide and rendered frame must be " +
                         std::to_string(first.width) + "x" + std::to_string(first.height));
    }
  }
  return {};
}

// The frames around the current one, each prepared once.
template <typename Prepared>
class PreparedWindow {
 public:
  // Both ends only grow. prepare(number) makes a frame.
  template <typename Prepare>
  void MoveTo(FrameRange window, const Prepare& prepare) {
    while (!frames_.empty() && frames_.front().number < window.begin) {
      frames_.pop_front();
    }
    std::uint32_t next = frames_.empty() ? window.begin : frames_.back().number + 1;
    for (; next < window.end; ++next) {
      frames_.push_back(prepare(next));
    }
  }

  [[nodiscard]] const std::deque<Prepared>& Frames() const { return frames_; }

 private:
  std::deque<Prepared> frames_;
};

void Add(const Frame& frame, std::vector<std::int32_t>* sums) {
  for (std::size_t i = 0; i < sums->size(); ++i) {
    (*sums)[i] += frame.rgb[i];
  }
}

Frame MeanOfRemapped(const std::deque<MatchFrame>& window,
                     std::uint32_t target_number,
                     const DeflickerOptions& options) {
  const MatchFrame& target = window[target_number - window.front().number];
  Frame mean = target.styles.front().ToFrame();
  std::vector<std::int32_t> sums(mean.rgb.begin(), mean.rgb.end());
  for (const MatchFrame& source : window) {
    if (source.number != target.number) {
      const Field field = FindField(source, target, options);
      Add(Remap(source.styles.front(), field, options.patch_size_min).ToFrame(), &sums);
    }
  }
  const auto count = static_cast<std::int32_t>(window.size());
  std::transform(sums.begin(), sums.end(), mean.rgb.begin(), [count](std::int32_t sum) {
    return static_cast<std::uint8_t>((2 * sum + count) / (2 * count));
  });
  return mean;
}

// The mode's work for one frame after the other.
class BalancedMode {
 public:
  BalancedMode(const FrameRun& guides, const FrameRun& stylized, const DeflickerOptions& options)
      : guides_(guides), stylized_(stylized), options_(options) {}

  Frame Smoothed(std::uint32_t number, FrameRange window) {
    window_.MoveTo(window, [this](std::uint32_t next) {
      const Frame& style = FrameOf(stylized_, next);
      return PrepareFrame(
          next, guides_.frames == nullptr ? LocallyNormalized(style) : FrameOf(guides_, next),
          style, options_);
    });
    return MeanOfRemapped(window_.Frames(), number, options_);
  }

 private:
  const FrameRun& guides_;
  const FrameRun& stylized_;
  const DeflickerOptions& options_;
  PreparedWindow<MatchFrame> window_;
};

class FastMode {
 public:
  FastMode(const FrameRun& guides, const FrameRun& stylized, const DeflickerOptions& options)
      : guides_(guides),
        stylized_(stylized),
        smoother_({.patch_size = options.patch_size_min}, options.seed) {}

  Frame Smoothed(std::uint32_t number, FrameRange window) {
    window_.MoveTo(window, [this](std::uint32_t next) {
      const Frame& style = FrameOf(stylized_, next);
      return PrepareFast(
          next, guides_.frames == nullptr ? LocallyNormalized(style) : FrameOf(guides_, next),
          style);
    });
    return smoother_.Smoothed(window_.Frames(), number, window);
  }

 private:
  const FrameRun& guides_;
  const FrameRun& stylized_;
  FastSmoother smoother_;
  PreparedWindow<FastFrame> window_;
};

class RobustMode {
 public:
  RobustMode(const FrameRun& guides, const FrameRun& stylized, const DeflickerOptions& options)
      : guides_(guides),
        stylized_(stylized),
        options_{options.window, guides.frames != nullptr, options.seed} {}

  Frame Smoothed(std::uint32_t number, FrameRange window) {
    window_.MoveTo(window, [this](std::uint32_t next) {
      return PrepareRobust(next, options_.guided ? &FrameOf(guides_, next) : nullptr,
                           FrameOf(stylized_, next));
    });
    return SmoothRobust(window_.Frames(), number, options_);
  }

 private:
  const FrameRun& guides_;
  const FrameRun& stylized_;
  RobustOptions options_;
  PreparedWindow<RobustFrame> window_;
};

template <typename WorkOfMode, typename WindowOf>
std::vector<Frame> SmoothedCore(FrameRange core, WorkOfMode work, const WindowOf& window_of) {
  std::vector<Frame> smoothed;
  smoothed.reserve(core.size());
  for (std::uint32_t number = core.begin; number < core.end; ++number) {
    smoothed.push_back(work.Smoothed(number, window_of(number)));
  }
  return smoothed;
}

}  // namespace

Status CheckDeflicker(int width, int height, const DeflickerOptions& options) {
  switch (options.mode) {
    case Mode::kBalanced:
      return CheckMatchable(width, height, options);
    case Mode::kFast:
      if (options.patch_size_min > 2 * kVoteRadiusMax + 1) {
        return Failure(ErrorCode::kInvalidArgument, "patches of the fast mode are at most " +
                                                        std::to_string(2 * kVoteRadiusMax + 1) +
                                                        " pixels, not " +
                                                        std::to_string(options.patch_size_min));
      }
      return CheckTileSearch(width, height, {.patch_size = options.patch_size_min});
    case Mode::kRobust:
      return CheckTileSearch(width, height, {});
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
  if (core.begin >= core.end || core.end > frame_count) {
    return Failure(ErrorCode::kInvalidArgument, "deflicker: no such frames in the job");
  }
  const FrameRange needed = SmoothingHalo(core, options.window, scene_starts, frame_count);
  WEFT_RETURN_IF_ERROR(CheckRuns(guides, stylized, needed));
  const Frame& first = FrameOf(stylized, needed.begin);
  WEFT_RETURN_IF_ERROR(CheckDeflicker(first.width, first.height, options));
  const auto window_of = [&](std::uint32_t number) {
    return SmoothingWindow(number, options.window, scene_starts, frame_count);
  };
  switch (options.mode) {
    case Mode::kBalanced:
      return SmoothedCore(core, BalancedMode(guides, stylized, options), window_of);
    case Mode::kFast:
      return SmoothedCore(core, FastMode(guides, stylized, options), window_of);
    case Mode::kRobust:
      return SmoothedCore(core, RobustMode(guides, stylized, options), window_of);
  }
  return Failure(ErrorCode::kInternal, "no such deflicker mode");
}

}  // namespace weft::deflicker
