#include "worker/deflicker/fast.h"

#include <gtest/gtest.h>

#include "tests/worker/deflicker/test_pictures.h"

namespace weft::deflicker {
namespace {

std::deque<MatchFrame> FlatFrames(const std::vector<int>& levels) {
  std::deque<MatchFrame> frames;
  const Frame guide = PlainFrame(24, 20, 7);
  for (std::size_t i = 0; i < levels.size(); ++i) {
    frames.push_back(PrepareMatch(static_cast<std::uint32_t>(i), &guide,
                                  PlainFrame(24, 20, static_cast<std::uint8_t>(levels[i]))));
  }
  return frames;
}

// Flat pictures: a frame is the mean of its window's levels, whatever nodes it was made of. A node
// is rounded, so the mean may be off by one.
TEST(FastSmoother, CountsEveryFrameOfAWindowOnce) {
  const std::vector<int> levels = {10, 250, 30, 90, 200, 17, 77, 140, 3,  60, 99, 180,
                                   31, 8,   70, 70, 222, 41, 5,  133, 88, 19, 64, 201};
  const std::deque<MatchFrame> frames = FlatFrames(levels);
  const auto count = static_cast<std::uint32_t>(levels.size());
  for (const std::uint32_t window : {1U, 2U, 5U, 7U, 23U}) {
    SCOPED_TRACE(window);
    FastSmoother smoother({}, 0);
    for (std::uint32_t target = 0; target < count; ++target) {
      const FrameRange range = {target < window ? 0 : target - window,
                                std::min(count, target + window + 1)};
      int sum = 0;
      for (std::uint32_t i = range.begin; i < range.end; ++i) {
        sum += levels[i];
      }
      const Frame smoothed = smoother.Smoothed(frames, target, range);
      EXPECT_NEAR(smoothed.rgb.front(), static_cast<double>(sum) / range.size(), 1.6) << target;
      EXPECT_EQ(smoothed, PlainFrame(24, 20, smoothed.rgb.front()));
    }
  }
}

TEST(FastSmoother, NeedsAtMostTwelveFieldsAFrame) {
  constexpr std::uint32_t kCount = 160;
  constexpr std::uint32_t kWindow = 15;
  const std::deque<MatchFrame> frames = FlatFrames(std::vector<int>(kCount, 50));
  FastSmoother smoother({}, 0);
  for (std::uint32_t target = 0; target < kCount; ++target) {
    (void)smoother.Smoothed(
        frames, target,
        {target < kWindow ? 0 : target - kWindow, std::min(kCount, target + kWindow + 1)});
  }
  EXPECT_LE(smoother.FieldCount(), 12 * kCount);
  EXPECT_GE(smoother.FieldCount(), 6 * kCount);
}

}  // namespace
}  // namespace weft::deflicker
