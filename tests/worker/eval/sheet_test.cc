#include "worker/eval/sheet.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weft::eval {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Frame Plain(int width, int height, std::uint8_t level) {
  return {width, height, std::vector<std::uint8_t>(std::size_t(width) * height * 3, level)};
}

// How often a level other than the given ones occurs, in the first channel.
int CountOthers(const Frame& frame, int top, int bottom, std::uint8_t background) {
  int count = 0;
  for (int y = top; y < bottom; ++y) {
    for (int x = 0; x < frame.width; ++x) {
      count += frame.rgb[(std::size_t(y) * frame.width + x) * 3] != background ? 1 : 0;
    }
  }
  return count;
}

TEST(Sheet, ShowsEveryFrameUnderItsLabel) {
  const auto sheet = ComposeSheet({{"source", {Plain(80, 30, 100), Plain(80, 30, 110)}},
                                   {"with", {Plain(80, 30, 120), Plain(80, 30, 130)}}});
  ASSERT_TRUE(sheet);
  EXPECT_GT(sheet->width, 160);
  EXPECT_GT(sheet->height, 60);
  for (const int level : {100, 110, 120, 130}) {
    EXPECT_GE(std::count(sheet->rgb.begin(), sheet->rgb.end(), level), 80 * 30 * 3) << level;
  }
  const std::uint8_t background = sheet->rgb[0];
  EXPECT_GT(CountOthers(*sheet, 0, 20, background), 20);  // The letters of "source".
}

TEST(Sheet, RefusesRowsThatDoNotFitTogether) {
  EXPECT_FALSE(ComposeSheet({}));
  EXPECT_FALSE(ComposeSheet({{"a", {}}}));
  EXPECT_FALSE(ComposeSheet({{"a", {Plain(8, 8, 0)}}, {"b", {}}}));
  const auto sizes = ComposeSheet({{"a", {Plain(8, 8, 0)}}, {"b", {Plain(8, 9, 0)}}});
  ASSERT_FALSE(sizes);
  EXPECT_EQ(sizes.error().code(), ErrorCode::kInvalidArgument);
}

TEST(EvenlySpaced, TakesTheFirstAndTheLastAndWhatLiesBetween) {
  EXPECT_THAT(EvenlySpaced(11, 3), ElementsAre(0, 5, 10));
  EXPECT_THAT(EvenlySpaced(24, 4), ElementsAre(0, 8, 15, 23));
  EXPECT_THAT(EvenlySpaced(3, 6), ElementsAre(0, 1, 2));
  EXPECT_THAT(EvenlySpaced(9, 1), ElementsAre(0));
  EXPECT_THAT(EvenlySpaced(9, 0), IsEmpty());
  EXPECT_THAT(EvenlySpaced(0, 4), IsEmpty());
}

TEST(SideBySide, PutsTheRightFrameBesideTheLeftOne) {
  const auto both = SideBySide({1, 2, {1, 2, 3, 4, 5, 6}}, {1, 2, {7, 8, 9, 10, 11, 12}});
  ASSERT_TRUE(both);
  EXPECT_EQ(*both, (Frame{2, 2, {1, 2, 3, 7, 8, 9, 4, 5, 6, 10, 11, 12}}));
}

TEST(SideBySide, RepeatsTheLastRowOfAnOddHeight) {
  const auto both = SideBySide(Plain(3, 5, 1), Plain(3, 5, 2));
  ASSERT_TRUE(both);
  EXPECT_EQ(both->width, 6);
  EXPECT_EQ(both->height, 6);
  EXPECT_EQ(both->rgb.back(), 2);
  EXPECT_FALSE(SideBySide(Plain(3, 5, 1), Plain(3, 4, 2)));
}

}  // namespace
}  // namespace weft::eval
