#include "worker/eval/flicker.h"

#include <string>

#include <gtest/gtest.h>

#include "tests/worker/eval/test_pan.h"

namespace weft::eval {
namespace {

constexpr int kWidth = 96;
constexpr int kHeight = 64;

TEST(Flicker, IsZeroWhenNothingMovesNorFlickers) {
  FlickerMeter meter(1);
  const Frame frame = PanFrame(kWidth, kHeight, 0, 0);
  for (int t = 0; t < 3; ++t) {
    ASSERT_TRUE(meter.Add(frame, {frame}, t == 0));
  }
  const FlickerFigures figures = meter.Figures()[0];
  EXPECT_EQ(figures.warped_difference, 0);
  EXPECT_EQ(figures.plain_difference, 0);
  EXPECT_EQ(figures.pair_count, 2U);
  EXPECT_GT(figures.sharpness, 1);
}

TEST(Flicker, TellsMotionFromFlicker) {
  FlickerMeter meter(2);
  for (int t = 0; t < 4; ++t) {
    const Frame guide = PanFrame(kWidth, kHeight, 2 * t, t);
    ASSERT_TRUE(meter.Add(guide, {guide, Brighter(guide, t % 2 * 10)}, t == 0));
  }
  const FlickerFigures moving = meter.Figures()[0];
  const FlickerFigures flickering = meter.Figures()[1];
  EXPECT_LT(moving.warped_difference, 0.5);
  EXPECT_GT(moving.plain_difference, 15);
  EXPECT_NEAR(flickering.warped_difference, 10, 0.5);
  EXPECT_GT(flickering.plain_difference, moving.plain_difference);
  EXPECT_NEAR(flickering.sharpness, moving.sharpness, 0.05);
}

TEST(Flicker, DoesNotCompareAcrossACut) {
  FlickerMeter meter(1);
  const Frame dark = PanFrame(kWidth, kHeight, 0, 0);
  const Frame bright = Brighter(dark, 60);
  ASSERT_TRUE(meter.Add(dark, {dark}, true));
  ASSERT_TRUE(meter.Add(dark, {dark}, false));
  ASSERT_TRUE(meter.Add(dark, {bright}, true));
  ASSERT_TRUE(meter.Add(dark, {bright}, false));
  EXPECT_EQ(meter.Figures()[0].pair_count, 2U);
  EXPECT_EQ(meter.Figures()[0].plain_difference, 0);
}

TEST(Flicker, ShowsBlurAsLessSharpness) {
  FlickerMeter meter(2);
  const Frame frame = PanFrame(kWidth, kHeight, 0, 0);
  Frame flat = frame;
  for (std::uint8_t& value : flat.rgb) {
    value = static_cast<std::uint8_t>((value + 128) / 2);
  }
  ASSERT_TRUE(meter.Add(frame, {frame, flat}, true));
  EXPECT_NEAR(meter.Figures()[1].sharpness, meter.Figures()[0].sharpness / 2, 0.3);
  EXPECT_EQ(meter.Figures()[1].pair_count, 0U);
  EXPECT_EQ(meter.Figures()[1].warped_difference, 0);
}

TEST(Flicker, RefusesFramesThatDoNotFitTogether) {
  FlickerMeter meter(1);
  const Frame frame = PanFrame(kWidth, kHeight, 0, 0);
  const Frame other = PanFrame(kWidth, kHeight + 2, 0, 0);
  EXPECT_FALSE(meter.Add(frame, {other}, true));
  EXPECT_FALSE(meter.Add(frame, {}, true));
  EXPECT_FALSE(meter.Add(frame, {frame, frame}, true));
  ASSERT_TRUE(meter.Add(frame, {frame}, true));
  const Status larger = meter.Add(other, {other}, false);
  ASSERT_FALSE(larger);
  EXPECT_EQ(larger.error().code(), ErrorCode::kInvalidArgument);
}

TEST(Flicker, SaysWhichSizeIsTooSmallForMotion) {
  FlickerMeter meter(1);
  const Frame tiny = PanFrame(5, 4, 0, 0);
  ASSERT_TRUE(meter.Add(tiny, {tiny}, true));
  const Status status = meter.Add(tiny, {tiny}, false);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_NE(status.error().message().find("5x4"), std::string::npos);
}

}  // namespace
}  // namespace weft::eval
