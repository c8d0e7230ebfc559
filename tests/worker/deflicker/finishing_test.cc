#include "worker/deflicker/finishing.h"

#include <gtest/gtest.h>

#include "tests/worker/deflicker/test_pictures.h"

namespace weft::deflicker {
namespace {

TEST(Contrast, FollowsTheFormulaAndClamps) {
  Frame frame{2, 1, {0, 28, 127, 128, 129, 255}};
  AdjustContrast(1.5, &frame);
  EXPECT_EQ(frame.rgb, (std::vector<std::uint8_t>{0, 0, 127, 128, 130, 255}));
  Frame soft{2, 1, {0, 28, 127, 128, 129, 255}};
  AdjustContrast(0.5, &soft);
  EXPECT_EQ(soft.rgb, (std::vector<std::uint8_t>{64, 78, 128, 128, 129, 192}));
}

TEST(Contrast, ChangesNothingAtOne) {
  const Frame before = NoiseFrame(17, 9, 1);
  Frame after = before;
  AdjustContrast(1, &after);
  EXPECT_EQ(after, before);
}

TEST(Sharpness, FollowsTheFormulaAroundADot) {
  Frame frame = PlainFrame(5, 5, 100);
  frame.rgb[(2 * 5 + 2) * 3] = 126;  // Red of the middle: smooth is 100 + 26 * 5 / 13 = 110.
  AdjustSharpness(2, &frame);
  EXPECT_EQ(frame.rgb[(2 * 5 + 2) * 3], 142);      // 110 + 2 * (126 - 110)
  EXPECT_EQ(frame.rgb[(1 * 5 + 1) * 3], 98);       // Smooth is 102: 102 + 2 * (100 - 102)
  EXPECT_EQ(frame.rgb[(2 * 5 + 2) * 3 + 1], 100);  // Green knows nothing of it.
}

TEST(Sharpness, LeavesTheOutermostPixels) {
  const Frame before = NoiseFrame(6, 4, 1);
  Frame after = before;
  AdjustSharpness(0, &after);
  EXPECT_NE(after, before);
  for (int x = 0; x < 6 * 3; ++x) {
    EXPECT_EQ(after.rgb[x], before.rgb[x]);
    EXPECT_EQ(after.rgb[3 * 6 * 3 + x], before.rgb[3 * 6 * 3 + x]);
  }
  EXPECT_EQ(after.rgb[6 * 3], before.rgb[6 * 3]);
  EXPECT_EQ(after.rgb[6 * 3 + 5 * 3], before.rgb[6 * 3 + 5 * 3]);
}

TEST(Sharpness, ChangesNothingAtOneAndNothingInTinyFrames) {
  for (const auto& [width, height] : {std::pair(17, 9), std::pair(2, 2), std::pair(1, 1)}) {
    const Frame before = NoiseFrame(width, height, 1);
    Frame after = before;
    AdjustSharpness(1, &after);
    EXPECT_EQ(after, before);
  }
  Frame tiny = NoiseFrame(2, 5, 1);
  AdjustSharpness(3, &tiny);
  EXPECT_EQ(tiny, NoiseFrame(2, 5, 1));
}

}  // namespace
}  // namespace weft::deflicker
