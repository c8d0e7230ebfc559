#include "common/plan/seam_checks.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/plan/lending.h"

namespace weft {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::uint32_t> BordersOf(const SeamCheckOrder& order) {
  std::vector<std::uint32_t> borders;
  for (const SeamCheck& check : SeamChecks(order)) {
    borders.push_back(check.border);
  }
  return borders;
}

SeamCheckOrder Order(std::uint32_t checks, std::uint32_t frames) {
  return {.checks = checks, .chunk_frames = 8, .scene_starts = {0}, .frame_count = frames};
}

TEST(SeamChecks, StandAtBordersThatAreEvenlyChosen) {
  EXPECT_THAT(BordersOf(Order(1, 30)), ElementsAre(16)) << "of 8, 16 and 24";
  EXPECT_THAT(BordersOf(Order(2, 41)), ElementsAre(16, 32)) << "of 8 to 40";
  EXPECT_THAT(BordersOf(Order(9, 25)), ElementsAre(8, 16, 24)) << "there are no more";
  EXPECT_THAT(BordersOf(Order(0, 30)), IsEmpty());
  EXPECT_THAT(BordersOf(Order(3, 8)), IsEmpty()) << "one chunk";
}

TEST(SeamChecks, AreNeverAtSceneCuts) {
  SeamCheckOrder order = Order(9, 30);
  order.scene_starts = {0, 8, 9, 24};
  EXPECT_THAT(BordersOf(order), ElementsAre(16));
}

TEST(SeamChecks, MakeWhatTheBorderMayHaveChanged) {
  SeamCheckOrder order = Order(1, 30);
  EXPECT_EQ(SeamChecks(order).front().core, (FrameRange{15, 17}));
  order.apart = true;
  EXPECT_EQ(SeamChecks(order).front().core, (FrameRange{15, 17})) << "nothing is smoothed";
  order.window = 2;
  order.passes = 3;
  EXPECT_EQ(SeamChecks(order).front().core, (FrameRange{9, 23}));
  order.scene_starts = {0, 14, 18};
  EXPECT_EQ(SeamChecks(order).front().core, (FrameRange{14, 18})) << "no more than the scene";
  order.apart = false;
  order.chunk_frames = 1;
  EXPECT_EQ(SeamChecks(order).front().core.size(), 2U);
}

// All that a check smooths with and does not make itself is lent by whom it belongs to.
void ExpectLent(const SeamCheckOrder& order) {
  const std::uint32_t window = order.window;
  const std::vector<SeamCheck> checks = SeamChecks(order);
  std::vector<std::uint32_t> lent;
  for (std::uint32_t begin = 0; begin < order.frame_count; begin += order.chunk_frames) {
    const FrameRange core = {begin, std::min(begin + order.chunk_frames, order.frame_count)};
    const auto of_chunk = LentToAll(core, checks, order);
    const auto of_others = LentFrames(core, window, order.scene_starts, order.frame_count);
    EXPECT_TRUE(
        std::includes(of_chunk.begin(), of_chunk.end(), of_others.begin(), of_others.end()));
    lent.insert(lent.end(), of_chunk.begin(), of_chunk.end());
  }
  for (const SeamCheck& check : checks) {
    const FrameRange halo =
        SmoothingHalo(check.core, window, order.scene_starts, order.frame_count);
    for (std::uint32_t frame = halo.begin; frame < halo.end; ++frame) {
      EXPECT_TRUE(check.core.Contains(frame) || std::binary_search(lent.begin(), lent.end(), frame))
          << frame << ", window " << window;
    }
  }
}

TEST(LentToAll, HoldsAllThatChecksRead) {
  SeamCheckOrder order = Order(3, 40);
  for (std::uint32_t window = 0; window < 12; ++window) {
    for (const std::uint32_t chunk_frames : {1U, 3U, 8U, 20U}) {
      order.chunk_frames = chunk_frames;
      order.scene_starts = {0, 21};
      order.window = window;
      ExpectLent(order);
    }
  }
  order = Order(1, 30);
  order.window = 2;
  EXPECT_THAT(LentToAll({16, 24}, SeamChecks(order), order), ElementsAre(16, 17, 18, 22, 23));
  EXPECT_THAT(LentToAll({16, 24}, {}, order), ElementsAre(16, 17, 22, 23));
}

TEST(FramesChecked, AreTheTwoBesideEachBorder) {
  const std::vector<SeamCheck> checks = SeamChecks(Order(2, 41));
  EXPECT_THAT(FramesChecked({8, 16}, checks), ElementsAre(15));
  EXPECT_THAT(FramesChecked({16, 24}, checks), ElementsAre(16));
  EXPECT_THAT(FramesChecked({0, 41}, checks), ElementsAre(15, 16, 31, 32));
  SeamCheckOrder single = Order(9, 3);
  single.chunk_frames = 1;
  EXPECT_THAT(FramesChecked({0, 3}, SeamChecks(single)), ElementsAre(0, 1, 2)) << "each once";
}

}  // namespace
}  // namespace weft
