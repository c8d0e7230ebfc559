#include "common/plan/frame_attention.h"

#include <numeric>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weft {
namespace {

using testing::ElementsAre;
using Kind = FrameAttention::Kind;

FrameAttention WindowsOf(int window, int stride) {
  FrameAttention attention;
  attention.kind = Kind::kWindow;
  attention.window = window;
  attention.stride = stride;
  return attention;
}

FrameAttention PatternOf(std::vector<int> pattern) {
  FrameAttention attention;
  attention.kind = Kind::kPattern;
  attention.pattern = std::move(pattern);
  return attention;
}

TEST(FrameAttention, WindowsStopWithTheOneThatEndsTheClip) {
  const auto groups = Groups(WindowsOf(4, 2), {0, 1, 2, 3, 4, 5, 6}, 7);
  ASSERT_EQ(groups.size(), 3U);
  EXPECT_THAT(groups[0].frames, ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(groups[1].frames, ElementsAre(2, 3, 4, 5));
  EXPECT_THAT(groups[2].frames, ElementsAre(4, 5, 6));
  EXPECT_EQ(Groups(WindowsOf(4, 2), {0}, 4).size(), 1U);
}

TEST(FrameAttention, ComputesOnlyTheWindowsOfWantedFrames) {
  const auto groups = Groups(WindowsOf(4, 2), {4}, 20);
  ASSERT_EQ(groups.size(), 2U);
  EXPECT_EQ(groups[0].frames.front(), 2);
  EXPECT_EQ(groups[1].frames.front(), 4);
}

// Goal: the windows of any frames are those of the clip that hold one of them.
TEST(FrameAttention, FindsTheWindowsOfAnyFrames) {
  for (int window = 1; window <= 5; ++window) {
    for (int stride = 1; stride <= window; ++stride) {
      for (int total = 1; total <= 13; ++total) {
        std::vector<int> all(static_cast<std::size_t>(total));
        std::iota(all.begin(), all.end(), 0);
        const std::vector<int> wanted = {total / 3, total - 1};
        std::vector<std::vector<int>> expected;
        for (const FrameGroup& group : Groups(WindowsOf(window, stride), all, total)) {
          if (group.frames.front() <= wanted[0] && wanted[0] <= group.frames.back()) {
            expected.push_back(group.frames);
          } else if (group.frames.back() == total - 1) {
            expected.push_back(group.frames);
          }
        }
        std::vector<std::vector<int>> found;
        for (const FrameGroup& group : Groups(WindowsOf(window, stride), wanted, total)) {
          found.push_back(group.frames);
        }
        EXPECT_EQ(found, expected) << window << "/" << stride << " of " << total;
      }
    }
  }
}

TEST(FrameAttention, WeighsAWindowAsATriangle) {
  const auto group = Groups(WindowsOf(5, 5), {0}, 5).front();
  EXPECT_FLOAT_EQ(group.weights[2], 1.0F);
  EXPECT_NEAR(group.weights[1], 1.0 - 1.0 / 2.005, 1e-6);
  EXPECT_FLOAT_EQ(group.weights[0], 0.01F);
  EXPECT_EQ(group.weights[1], group.weights[3]);
  // A window of one frame divides by 0.005, not by nothing.
  EXPECT_EQ(Groups(WindowsOf(1, 1), {0}, 1).front().weights.front(), 1.0F);
}

TEST(FrameAttention, ClampsAPatternToTheClip) {
  const FrameAttention attention = PatternOf({kFirstFrame, -1, 0, 1});
  const auto groups = Groups(attention, {0, 2, 9}, 10);
  EXPECT_THAT(groups[0].frames, ElementsAre(0, 0, 0, 1));
  EXPECT_THAT(groups[1].frames, ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(groups[2].frames, ElementsAre(0, 8, 9, 9));
  EXPECT_THAT(groups[2].weights, ElementsAre(0.0F, 0.0F, 1.0F, 0.0F));
}

TEST(FrameAttention, SaysWhichFramesMustBeAtHand) {
  FrameAttention attention;
  EXPECT_THAT(FramesNeeded(attention, {5, 6}, 10, 3), ElementsAre(0, 5, 6));
  attention.kind = Kind::kFirstAndPrevious;
  EXPECT_THAT(FramesNeeded(attention, {5, 6}, 10, 3), ElementsAre(0, 2, 3, 4, 5, 6));
  EXPECT_THAT(FramesNeeded(WindowsOf(4, 2), {4}, 20, 3), ElementsAre(2, 3, 4, 5, 6, 7));
  EXPECT_THAT(FramesNeeded(PatternOf({kFirstFrame, -1, 0, 1}), {5}, 10, 3),
              ElementsAre(0, 4, 5, 6));
}

TEST(FrameAttention, RefusesWhatLeavesFramesOut) {
  EXPECT_FALSE(CheckFrameAttention(PatternOf({-1, 1})));
  EXPECT_FALSE(CheckFrameAttention(WindowsOf(0, 1)));
  EXPECT_FALSE(CheckFrameAttention(WindowsOf(4, 5)));
  EXPECT_FALSE(CheckFrameAttention(WindowsOf(4, 0)));
  EXPECT_TRUE(CheckFrameAttention(WindowsOf(4, 4)));
}

}  // namespace
}  // namespace weft
