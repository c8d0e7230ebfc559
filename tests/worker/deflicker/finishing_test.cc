#include "worker/deflicker/finishing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weft::deflicker {
namespace {

Frame Ramp(int width, int height) {
  Frame frame{width, height, {}};
  for (int i = 0; i < width * height * 3; ++i) {
    frame.rgb.push_back(static_cast<std::uint8_t>(i * 37 % 256));
  }
  return frame;
}

TEST(Finishing, AmountOneChangesNothing) {
  const Frame original = Ramp(9, 7);
  Frame frame = original;
  AdjustContrast(1.0, &frame);
  AdjustSharpness(1.0, &frame);
  EXPECT_EQ(frame, original);
}

TEST(Finishing, ContrastStretchesAroundMidGreyAndClamps) {
  Frame frame{1, 1, {128, 100, 250}};
  AdjustContrast(1.5, &frame);
  EXPECT_THAT(frame.rgb, ::testing::ElementsAre(128, 86, 255));
}

TEST(Finishing, SharpnessZeroIsTheSmoothingItself) {
  Frame frame{3, 3, std::vector<std::uint8_t>(27, 0)};
  frame.rgb[4 * 3] = 130;  // Red of the centre.
  AdjustSharpness(0.0, &frame);
  EXPECT_EQ(frame.rgb[4 * 3], 50);  // 130 * 5 / 13.
  frame.rgb[4 * 3] = 130;
  AdjustSharpness(2.0, &frame);
  EXPECT_EQ(frame.rgb[4 * 3], 210);  // 50 + 2 * (130 - 50).
}

TEST(Finishing, SharpnessLeavesTheOutermostPixels) {
  const Frame original = Ramp(6, 5);
  Frame frame = original;
  AdjustSharpness(3.0, &frame);
  for (int x = 0; x < 6 * 3; ++x) {
    EXPECT_EQ(frame.rgb[static_cast<std::size_t>(x)], original.rgb[static_cast<std::size_t>(x)]);
  }
  EXPECT_NE(frame, original);
}

}  // namespace
}  // namespace weft::deflicker
