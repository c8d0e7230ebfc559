#include "worker/deflicker/registration.h"

#include <cmath>

#include <gtest/gtest.h>

#include "tests/worker/deflicker/test_pictures.h"

namespace weft::deflicker {
namespace {

FloatPlane NormalizedPattern(double left, double top) {
  return LocallyNormalized(Luma(MatchPlanes(PatternFrame(120, 90, left, top))));
}

Flow ConstantFlow(float dx, float dy) {
  return {FloatPlane(120, 90, dx), FloatPlane(120, 90, dy)};
}

double MeanError(const Flow& flow, float dx, float dy) {
  double sum = 0;
  int count = 0;
  for (int y = 20; y < 70; ++y) {
    for (int x = 20; x < 100; ++x) {
      sum += std::hypot(flow.dx.Row(y)[x] - dx, flow.dy.Row(y)[x] - dy);
      ++count;
    }
  }
  return sum / count;
}

// A reference that begins 2.4 pixels further right shows at x what the picture shows at x + 2.4.
TEST(Registration, FindsPartsOfAPixel) {
  const Registration registration(NormalizedPattern(2.4, -0.7), {3, 1, 5});
  const Flow flow =
      registration.Refined(NormalizedPattern(0, 0), FloatPlane(120, 90, 1), ConstantFlow(2, 0));
  EXPECT_LT(MeanError(flow, 2.4F, -0.7F), 0.08);
}

TEST(Registration, StaysWhereNothingIsTrusted) {
  const Registration registration(NormalizedPattern(2.4, -0.7), {3, 20, 3});
  const Flow flow =
      registration.Refined(NormalizedPattern(0, 0), FloatPlane(120, 90, 0), ConstantFlow(2, 0));
  EXPECT_EQ(MeanError(flow, 2, 0), 0);
}

TEST(Registration, NeverGoesFar) {
  const Registration registration(NormalizedPattern(30, 0), {3, 20, 9});
  const Flow flow =
      registration.Refined(NormalizedPattern(0, 0), FloatPlane(120, 90, 1), ConstantFlow(0, 0));
  for (const float dx : flow.dx.values) {
    EXPECT_LE(std::abs(dx), 2);
  }
}

TEST(SmoothFlow, KeepsTheEdgesOfMovingThings) {
  OffsetField field{60, 20, std::vector<Offset>(std::size_t{60} * 20), {}};
  for (int y = 0; y < 20; ++y) {
    for (int x = 30; x < 60; ++x) {
      field.offsets[field.Index(x, y)] = {static_cast<std::int16_t>(10 + x % 2), 0};
    }
  }
  const Flow flow = SmoothFlow(field);
  EXPECT_EQ(flow.dx.Row(10)[29], 0);
  EXPECT_NEAR(flow.dx.Row(10)[45], 10.5, 0.1);
  EXPECT_NEAR(flow.dx.Row(10)[30], 10.5, 0.1);
}

TEST(FloatPlane, WarpsByTheFlow) {
  const MatchPlanes planes(PatternFrame(120, 90, 0, 0));
  const MatchPlanes moved(PatternFrame(120, 90, 1.5, 0.25));
  FloatPlane warped[3] = {FloatPlane(120, 90), FloatPlane(120, 90), FloatPlane(120, 90)};
  WarpCubic(planes, ConstantFlow(1.5F, 0.25F), &warped);
  const FloatPlane linear = WarpedLinear(Luma(planes), ConstantFlow(1.5F, 0.25F));
  const FloatPlane luma = Luma(moved);
  for (int y = 5; y < 85; ++y) {
    for (int x = 5; x < 110; ++x) {
      ASSERT_NEAR(warped[1].Row(y)[x], *moved.At(1, x, y), 2);
      ASSERT_NEAR(linear.Row(y)[x], luma.Row(y)[x], 4);
    }
  }
}

TEST(FloatPlane, WarpsAHighBitDepthAlike) {
  Frame frame = PatternFrame(40, 30, 0, 0);
  for (const std::uint8_t level : frame.rgb) {
    frame.deep.push_back(static_cast<std::uint16_t>(257 * level));
  }
  const Flow flow = ConstantFlow(1.5F, 0.25F);
  FloatPlane warped[3] = {FloatPlane(40, 30), FloatPlane(40, 30), FloatPlane(40, 30)};
  FloatPlane deep[3] = {FloatPlane(40, 30), FloatPlane(40, 30), FloatPlane(40, 30)};
  WarpCubic(MatchPlanes(frame), flow, &warped);
  WarpCubic(DeepPlanes(frame), flow, &deep);
  for (int channel = 0; channel < 3; ++channel) {
    for (std::size_t i = 0; i < warped[channel].values.size(); ++i) {
      ASSERT_NEAR(deep[channel].values[i], warped[channel].values[i], 1e-3);
    }
  }
}

TEST(FloatPlane, BlursWithTheEdgeRepeated) {
  FloatPlane plane(9, 7, 4);
  EXPECT_EQ(Blurred(plane, 3).values, plane.values);
  plane.Row(3)[4] = 85;
  // One mean of 3x3 spreads 81 over nine pixels, the second over them again.
  EXPECT_NEAR(Blurred(plane, 1).Row(3)[4], 4 + 9, 1e-4);
  EXPECT_NEAR(Blurred(plane, 1).Row(3)[6], 4 + 3, 1e-4);
  EXPECT_NEAR(Blurred(plane, 1).Row(1)[2], 4 + 1, 1e-4);
}

TEST(LocallyNormalized, TakesBrightnessAndContrastOut) {
  const Frame frame = PatternFrame(120, 90, 0, 0);
  Frame dim = frame;
  for (std::uint8_t& value : dim.rgb) {
    value = static_cast<std::uint8_t>(value / 2 + 30);
  }
  EXPECT_GT(MeanDifference(frame, dim), 20);
  EXPECT_LT(MeanDifference(LocallyNormalized(frame), LocallyNormalized(dim)), 6);
}

}  // namespace
}  // namespace weft::deflicker
