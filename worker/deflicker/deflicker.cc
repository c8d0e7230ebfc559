#include "worker/deflicker/deflicker.h"

#include <algorithm>
#include <cstddef>
#include <deque>
#include <string>
#include <utility>

#include "worker/deflicker/patch_match.h"
#include "worker/deflicker/remap.h"

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
  if (guides.frames == nullptr || stylized.frames == nullptr || !Holds(guides, needed) ||
      !Holds(stylized, needed)) {
    return Failure(ErrorCode::kInvalidArgument, "deflicker needs guides and rendered frames " +
                                                    std::to_string(needed.begin) + " to " +
                                                    std::to_string(needed.end - 1));
  }
  const Frame& first = FrameOf(guides, needed.begin);
  for (std::uint32_t number = needed.begin; number < needed.end; ++number) {
    if (!HasSize(FrameOf(guides, number), first.width, first.height) ||
        !HasSize(FrameOf(stylized, number), first.width, first.height)) {
      return Failure(ErrorCode::kInvalidArgument,
                     "frame " + std::to_string(number) + ": guide and rendered frame must be " +
                         std::to_string(first.width) + "x" + std::to_string(first.height));
    }
  }
  return {};
}

// The frames around the current one, each prepared once.
class PreparedWindow {
 public:
  PreparedWindow(const FrameRun& guides, const FrameRun& stylized, const DeflickerOptions& options)
      : guides_(guides), stylized_(stylized), options_(options) {}

  // Both ends only grow.
  void MoveTo(FrameRange window) {
    while (!frames_.empty() && frames_.front().number < window.begin) {
      frames_.pop_front();
    }
    std::uint32_t next = frames_.empty() ? window.begin : frames_.back().number + 1;
    for (; next < window.end; ++next) {
      frames_.push_back(
          PrepareFrame(next, FrameOf(guides_, next), FrameOf(stylized_, next), options_));
    }
  }

  [[nodiscard]] const std::deque<MatchFrame>& Frames() const { return frames_; }

  [[nodiscard]] const MatchFrame& At(std::uint32_t number) const {
    return frames_[number - frames_.front().number];
  }

 private:
  const FrameRun& guides_;
  const FrameRun& stylized_;
  const DeflickerOptions& options_;
  std::deque<MatchFrame> frames_;
};

void Add(const Frame& frame, std::vector<std::int32_t>* sums) {
  for (std::size_t i = 0; i < sums->size(); ++i) {
    (*sums)[i] += frame.rgb[i];
  }
}

Frame MeanOfRemapped(const MatchFrame& target,
                     const std::deque<MatchFrame>& window,
                     const DeflickerOptions& options) {
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

}  // namespace

// NOLINTNEXTLINE(readability-function-size): six things that no caller has in one place.
Result<std::vector<Frame>> SmoothBalanced(const FrameRun& guides,
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
  const Frame& first = FrameOf(guides, needed.begin);
  WEFT_RETURN_IF_ERROR(CheckMatchable(first.width, first.height, options));

  PreparedWindow window(guides, stylized, options);
  std::vector<Frame> smoothed;
  smoothed.reserve(core.size());
  for (std::uint32_t number = core.begin; number < core.end; ++number) {
    window.MoveTo(SmoothingWindow(number, options.window, scene_starts, frame_count));
    smoothed.push_back(MeanOfRemapped(window.At(number), window.Frames(), options));
  }
  return smoothed;
}

}  // namespace weft::deflicker
