#include "common/plan/deep_halo.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weft {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::IsSupersetOf;

FrameAttention Neighbours() {
  return {.kind = FrameAttention::Kind::kPattern, .pattern = {-1, 0, 1}};
}

FrameAttention Windows() {
  return {.kind = FrameAttention::Kind::kWindow, .window = 8, .stride = 4};
}

TEST(DeepHalo, GrowsByTheReachOfTheAttentionForEveryStep) {
  const DeepHalo halo = DeepHaloOf(Neighbours(), {4, 5}, 20, 3);
  EXPECT_THAT(halo.computed, ElementsAre(ElementsAre(2, 3, 4, 5, 6, 7), ElementsAre(3, 4, 5, 6),
                                         ElementsAre(4, 5)));
  EXPECT_THAT(halo.read, ElementsAre(1, 2, 3, 4, 5, 6, 7, 8));
  EXPECT_EQ(halo.passes, 3 * (6 + 4 + 2)) << "each with its two neighbours";
  EXPECT_EQ(halo.attended, 3 * 2 * (6 + 4 + 2));
}

TEST(DeepHalo, EndsWithTheClip) {
  const DeepHalo halo = DeepHaloOf(Neighbours(), {0, 1}, 3, 4);
  EXPECT_THAT(halo.read, ElementsAre(0, 1, 2));
  EXPECT_THAT(halo.computed.front(), ElementsAre(0, 1, 2));
}

TEST(DeepHalo, OfNoStepIsTheRun) {
  const DeepHalo halo = DeepHaloOf(Windows(), {4, 5}, 20, 0);
  EXPECT_THAT(halo.read, ElementsAre(4, 5));
  EXPECT_THAT(halo.computed, IsEmpty());
  EXPECT_EQ(halo.passes, 0);
}

TEST(DeepHalo, OfOneStepIsWhatTheGroupsHold) {
  const DeepHalo halo = DeepHaloOf(Windows(), {16, 17, 18, 19}, 100, 1);
  EXPECT_THAT(halo.computed, ElementsAre(ElementsAre(16, 17, 18, 19)));
  EXPECT_EQ(halo.read.front(), 12);
  EXPECT_EQ(halo.read.back(), 23);
  EXPECT_EQ(halo.passes, 2 * 8);
  EXPECT_EQ(halo.attended, 2 * 8 * 7);
}

// Goal: however the frames are counted, they are those of the groups.
TEST(DeepHalo, OfAnyWindowsIsWhatTheirGroupsHold) {
  for (const int window : {1, 3, 8}) {
    for (int stride = 1; stride <= window; ++stride) {
      for (int begin = 0; begin < 23; ++begin) {
        const FrameAttention attention{
            .kind = FrameAttention::Kind::kWindow, .window = window, .stride = stride};
        const std::vector<int> run =
            begin < 22 ? std::vector{begin, begin + 1} : std::vector{begin};
        const DeepHalo halo = DeepHaloOf(attention, run, 23, 1);
        double passes = 0;
        double attended = 0;
        for (const FrameGroup& group : Groups(attention, run, 23)) {
          const auto size = static_cast<double>(group.frames.size());
          passes += size;
          attended += size * (size - 1);
        }
        EXPECT_EQ(halo.read, FramesNeeded(attention, run, 23, 0));
        EXPECT_EQ(halo.passes, passes);
        EXPECT_EQ(halo.attended, attended);
      }
    }
  }
}

// Goal: whatever a step brings, the step before brought all that it needs.
TEST(DeepHalo, EveryStepFindsWhatItNeeds) {
  const FrameAttention first_too{.kind = FrameAttention::Kind::kPattern,
                                 .pattern = {kFirstFrame, -2, 0, 3}};
  for (const FrameAttention& attention : {Neighbours(), Windows(), first_too}) {
    for (const int begin : {0, 3, 30, 38}) {
      const DeepHalo halo = DeepHaloOf(attention, {begin, begin + 1}, 40, 4);
      std::vector<int> there = halo.read;
      for (const std::vector<int>& brought : halo.computed) {
        EXPECT_THAT(there, IsSupersetOf(FramesNeeded(attention, brought, 40, 0)));
        EXPECT_TRUE(std::is_sorted(brought.begin(), brought.end()));
        there = brought;
      }
      EXPECT_THAT(there, ElementsAre(begin, begin + 1));
    }
  }
}

}  // namespace
}  // namespace weft
