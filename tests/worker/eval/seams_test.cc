#include "worker/eval/seams.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weft::eval {
namespace {

using ::testing::ElementsAre;

TEST(PairsToMeasure, AreAllButThoseAcrossSceneCuts) {
  EXPECT_THAT(PairsToMeasure({8, 3, {0, 4}}, 100), ElementsAre(1, 2, 3, 5, 6, 7));
  EXPECT_THAT(PairsToMeasure({1, 3, {0}}, 100), ElementsAre());
}

TEST(PairsToMeasure, OfALongVideoStandAroundSomeOfTheBorders) {
  const ChunkCut cut{10'000, 16, {0}};
  const std::vector<std::uint32_t> pairs = PairsToMeasure(cut, 90);
  EXPECT_LE(pairs.size(), 90U);
  const auto borders = std::count_if(pairs.begin(), pairs.end(),
                                     [&](std::uint32_t frame) { return IsBorder(cut, frame); });
  EXPECT_EQ(borders, 10);
  EXPECT_TRUE(std::is_sorted(pairs.begin(), pairs.end()));
  EXPECT_LT(pairs.front(), 100U);
  EXPECT_GT(pairs.back(), 8'900U);
}

TEST(PairsToMeasure, OfALongVideoInOneChunkAreSpreadOut) {
  const std::vector<std::uint32_t> pairs = PairsToMeasure({10'000, 10'000, {0}}, 90);
  EXPECT_LE(pairs.size(), 90U);
  EXPECT_GT(pairs.size(), 70U);
  EXPECT_GT(pairs.back(), 8'000U);
}

TEST(Borders, AreNoneWhereTheSceneChangesAnyway) {
  const ChunkCut cut{12, 4, {0, 8}};
  EXPECT_FALSE(IsBorder(cut, 0));
  EXPECT_TRUE(IsBorder(cut, 4));
  EXPECT_FALSE(IsBorder(cut, 5));
  EXPECT_FALSE(IsBorder(cut, 8));
  EXPECT_FALSE(IsBorder(cut, 12));
}

// A film that changes more and more, and by `extra` more at every border.
std::vector<SeamPair> Rising(const ChunkCut& cut, double extra) {
  std::vector<SeamPair> pairs;
  for (const std::uint32_t frame : PairsToMeasure(cut, 1000)) {
    pairs.push_back({frame, 10.0 + frame + (IsBorder(cut, frame) ? extra : 0), 2.0});
  }
  return pairs;
}

TEST(Summary, ComparesBordersWithWhatIsBesideThem) {
  const ChunkCut cut{24, 8, {0}};
  const SeamFigures even = Summarize(cut, Rising(cut, 0));
  EXPECT_EQ(even.chunk_count, 3U);
  EXPECT_EQ(even.border_count, 2U);
  EXPECT_EQ(even.interior_count, 21U);
  EXPECT_DOUBLE_EQ(even.border, 22);
  EXPECT_DOUBLE_EQ(even.source_border, 2);
  EXPECT_DOUBLE_EQ(even.source_interior, 2);
  ASSERT_TRUE(even.step);
  EXPECT_NEAR(*even.step, 0, 1e-12) << "a rising film shows no seam";
  ASSERT_TRUE(even.step_error);
  EXPECT_NEAR(*even.step_error, 0, 1e-12);

  const SeamFigures seams = Summarize(cut, Rising(cut, 5.5));
  ASSERT_TRUE(seams.step);
  EXPECT_NEAR(*seams.step, 0.25, 1e-12);
  EXPECT_DOUBLE_EQ(seams.interior, even.interior);
}

TEST(Summary, TellsHowFarTheStepIsChance) {
  const ChunkCut cut{24, 8, {0}};
  std::vector<SeamPair> pairs = Rising(cut, 0);
  pairs[7].output += 2;  // One border more, the other less.
  pairs[15].output -= 2;
  const SeamFigures figures = Summarize(cut, pairs);
  EXPECT_NEAR(*figures.step, 0, 1e-12);
  EXPECT_NEAR(*figures.step_error, 2.0 / 22, 1e-12);
}

TEST(Summary, HasNoStepWithoutBordersOrWithoutInterior) {
  const ChunkCut whole{24, 24, {0}};
  const SeamFigures one = Summarize(whole, Rising(whole, 0));
  EXPECT_EQ(one.chunk_count, 1U);
  EXPECT_EQ(one.border_count, 0U);
  EXPECT_FALSE(one.step);
  const ChunkCut single{24, 1, {0}};
  const SeamFigures all = Summarize(single, Rising(single, 0));
  EXPECT_EQ(all.interior_count, 0U);
  EXPECT_FALSE(all.step);
  EXPECT_FALSE(Summarize(whole, {}).step);
}

// What lies beyond a cut is another film.
TEST(Summary, ComparesWithinTheSceneAlone) {
  const ChunkCut cut{24, 8, {0, 9}};
  std::vector<SeamPair> pairs = Rising(cut, 0);
  for (SeamPair& pair : pairs) {
    pair.output = pair.frame < 9 ? 10 : 90;
  }
  pairs[7].output = 11;  // Frame 8.
  ASSERT_EQ(pairs[7].frame, 8U);
  const SeamFigures figures = Summarize({12, 8, {0, 9}}, {pairs.begin(), pairs.begin() + 10});
  ASSERT_TRUE(figures.step);
  EXPECT_NEAR(*figures.step, 0.1, 1e-12);
}

TEST(SeamOf, IsWhatABorderAdds) {
  EXPECT_FALSE(SeamOf({}));
  EXPECT_FALSE(SeamOf({{8, 1.0, 0.0, false}})) << "a share of nothing";
  EXPECT_FALSE(SeamOf({{8, std::nullopt, std::nullopt, true}}));
  EXPECT_EQ(*SeamOf({{8, 0.7, 0.7, true}, {16, 2.0, 2.0, true}}), 0);
  EXPECT_NEAR(*SeamOf({{8, 2.0, 1.0, false}, {16, 3.0, 3.0, true}}), 0.25, 1e-12);
}

}  // namespace
}  // namespace weft::eval
