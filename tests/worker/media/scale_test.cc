#include "worker/media/scale.h"

#include <cstdint>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weft::media {
namespace {

// Red grows to the right, green grows downwards, blue is 77 everywhere.
Frame Slope(int width, int height) {
  Frame frame{width, height, {}};
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      frame.rgb.push_back(static_cast<std::uint8_t>(255 * x / width));
      frame.rgb.push_back(static_cast<std::uint8_t>(255 * y / height));
      frame.rgb.push_back(77);
    }
  }
  return frame;
}

const std::uint8_t* Pixel(const Frame& frame, int x, int y) {
  return frame.rgb.data() + 3 * (static_cast<std::ptrdiff_t>(y) * frame.width + x);
}

TEST(FitFrame, ReturnsAFrameOfTheRightSizeAsItIs) {
  const Frame frame = Slope(33, 17);
  EXPECT_EQ(FitFrame(frame, 33, 17).value(), frame);
}

TEST(FitFrame, CutsTheSidesOffAWideFrame) {
  const Frame fitted = FitFrame(Slope(400, 100), 50, 50).value();
  ASSERT_EQ(fitted.width, 50);
  ASSERT_EQ(fitted.height, 50);
  // The middle quarter of the width is left, the whole height.
  EXPECT_NEAR(Pixel(fitted, 0, 25)[0], 255 * 0.375, 4);
  EXPECT_NEAR(Pixel(fitted, 49, 25)[0], 255 * 0.625, 4);
  EXPECT_NEAR(Pixel(fitted, 25, 0)[1], 0, 4);
  EXPECT_NEAR(Pixel(fitted, 25, 49)[1], 255, 6);
  EXPECT_EQ(Pixel(fitted, 25, 25)[2], 77);
}

TEST(FitFrame, CutsTopAndBottomOffATallFrame) {
  const Frame fitted = FitFrame(Slope(100, 200), 200, 200).value();
  EXPECT_NEAR(Pixel(fitted, 100, 0)[1], 255 * 0.25, 4);
  EXPECT_NEAR(Pixel(fitted, 100, 199)[1], 255 * 0.75, 4);
}

TEST(FitFrame, OnlyCropsWhenOneSideFits) {
  const Frame frame = Slope(40, 20);
  const Frame fitted = FitFrame(frame, 20, 20).value();
  for (int y = 0; y < 20; ++y) {
    for (int x = 0; x < 20; ++x) {
      ASSERT_EQ(Pixel(fitted, x, y)[0], Pixel(frame, x + 10, y)[0]);
    }
  }
}

TEST(FitFrame, KeepsFlatColoursExactly) {
  Frame flat{64, 36, {}};
  for (int i = 0; i < 64 * 36; ++i) {
    flat.rgb.insert(flat.rgb.end(), {200, 13, 255});
  }
  for (const int size : {8, 64, 128}) {
    const Frame fitted = FitFrame(flat, size, size).value();
    for (std::size_t i = 0; i < fitted.rgb.size(); i += 3) {
      ASSERT_EQ(fitted.rgb[i], 200);
      ASSERT_EQ(fitted.rgb[i + 1], 13);
      ASSERT_EQ(fitted.rgb[i + 2], 255);
    }
  }
}

TEST(FitFrame, HandlesAnySize) {
  for (const int width : {1, 2, 7, 321}) {
    for (const int height : {1, 3, 177}) {
      const auto fitted = FitFrame(Slope(37, 23), width, height);
      ASSERT_TRUE(fitted) << width << "x" << height;
      EXPECT_EQ(fitted->rgb.size(), static_cast<std::size_t>(width) * height * 3);
    }
  }
}

TEST(FitFrame, RefusesSizesBelowOne) {
  EXPECT_EQ(FitFrame(Slope(4, 4), 0, 4).error().code(), ErrorCode::kInvalidArgument);
}

TEST(StretchFrame, KeepsEverythingAndChangesTheAspect) {
  const Frame frame = Slope(400, 100);
  EXPECT_EQ(StretchFrame(frame, 400, 100).value(), frame);
  const Frame stretched = StretchFrame(frame, 50, 50).value();
  ASSERT_EQ(stretched.width, 50);
  ASSERT_EQ(stretched.height, 50);
  EXPECT_NEAR(Pixel(stretched, 0, 25)[0], 0, 4);
  EXPECT_NEAR(Pixel(stretched, 49, 25)[0], 255, 8);
  EXPECT_NEAR(Pixel(stretched, 25, 49)[1], 255, 8);
  EXPECT_EQ(Pixel(stretched, 25, 25)[2], 77);
  EXPECT_FALSE(StretchFrame(frame, 0, 50));
}

}  // namespace
}  // namespace weft::media
