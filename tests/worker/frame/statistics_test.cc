#include "worker/frame/statistics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weft {
namespace {

using ::testing::ElementsAre;

TEST(SumsOf, AddsUpEachChannel) {
  const std::vector<ChannelSums> sums = SumsOf({1, 10, 255, 2, 20, 255}, 3);
  ASSERT_EQ(sums.size(), 3U);
  EXPECT_EQ(sums[0].sum, 3U);
  EXPECT_EQ(sums[0].squares, 5U);
  EXPECT_EQ(sums[1].sum, 30U);
  EXPECT_EQ(sums[1].squares, 500U);
  EXPECT_EQ(sums[2].sum, 510U);
  EXPECT_EQ(sums[2].squares, 2U * 255 * 255);
}

TEST(MomentsOf, AreMeanAndVariance) {
  const Moments moments = MomentsOf({10, 68}, 2);  // 2 and 8.
  EXPECT_DOUBLE_EQ(moments.mean, 5);
  EXPECT_DOUBLE_EQ(moments.variance, 9);
  EXPECT_DOUBLE_EQ(MomentsOf({9, 27}, 3).variance, 0);
}

TEST(Average, IsOfMeansAndOfVariances) {
  const Moments all = Average({{10, 4}, {20, 8}});
  EXPECT_DOUBLE_EQ(all.mean, 15);
  EXPECT_DOUBLE_EQ(all.variance, 6) << "what lies between frames is no spread within one";
}

TEST(BringToMean, ShiftsEveryValueOfAChannel) {
  std::vector<std::uint8_t> values = {10, 100, 30, 250};
  BringToMean({{20, 100}, {175, 0}}, {{25.4, 1}, {185, 9}}, &values);
  EXPECT_THAT(values, ElementsAre(15, 110, 35, 255));
}

TEST(BringToColours, GivesMeanAndSpread) {
  std::vector<std::uint8_t> values = {90, 110};
  BringToColours({{100, 100}}, {{120, 225}}, &values);
  EXPECT_THAT(values, ElementsAre(105, 135));
  const std::vector<ChannelSums> sums = SumsOf(values, 1);
  EXPECT_DOUBLE_EQ(MomentsOf(sums[0], 2).mean, 120);
  EXPECT_DOUBLE_EQ(MomentsOf(sums[0], 2).variance, 225);
}

TEST(BringToColours, StretchesNoFrameBeyondMeasure) {
  std::vector<std::uint8_t> dull = {99, 101};
  BringToColours({{100, 1}}, {{100, 2500}}, &dull);
  EXPECT_THAT(dull, ElementsAre(98, 102));
  std::vector<std::uint8_t> flat = {100, 100};
  BringToColours({{100, 0}}, {{60, 2500}}, &flat);
  EXPECT_THAT(flat, ElementsAre(60, 60));
}

}  // namespace
}  // namespace weft
