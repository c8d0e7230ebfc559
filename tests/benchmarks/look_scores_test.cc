#include "tests/benchmarks/look_scores.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include <gtest/gtest.h>

#include "common/noise.h"

namespace weft::bench {
namespace {

constexpr int kSide = 64;

// Stripes of a wavelength in pixels, across a direction in degrees.
Frame Stripes(double wavelength, double degrees, double strength = 60) {
  Frame frame{kSide, kSide, {}};
  constexpr double kPi = 3.14159265358979;
  const double turn = degrees * kPi / 180;
  for (int y = 0; y < kSide; ++y) {
    for (int x = 0; x < kSide; ++x) {
      const double along = x * std::cos(turn) + y * std::sin(turn);
      const double level = 128 + strength * std::sin(2 * kPi * along / wavelength);
      frame.rgb.insert(frame.rgb.end(), 3, static_cast<std::uint8_t>(level));
    }
  }
  return frame;
}

Frame Grain(std::uint32_t stream) {
  Frame frame{kSide, kSide, {}};
  for (const float value : GaussianNoise(1, stream, kSide * kSide)) {
    const float level = std::clamp(128 + 40 * value, 0.0F, 255.0F);
    frame.rgb.insert(frame.rgb.end(), 3, static_cast<std::uint8_t>(level));
  }
  return frame;
}

LookDistance Between(const Frame& a, const Frame& b) {
  return CompareLooks(MeasureLook({a}), MeasureLook({b}));
}

TEST(LookScores, AClipLooksLikeItself) {
  const LookDistance none = Between(Grain(0), Grain(0));
  EXPECT_EQ(none.colour, 0);
  EXPECT_EQ(none.energy, 0);
  EXPECT_EQ(none.peak, 0);
  EXPECT_EQ(none.gram, 0);
}

TEST(LookScores, WhereAPatternLiesDoesNotMatter) {
  Frame moved = Grain(0);
  std::rotate(moved.rgb.begin(), moved.rgb.begin() + 3 * kSide * 20, moved.rgb.end());
  const LookDistance same = Between(Grain(0), moved);
  EXPECT_EQ(same.colour, 0);
  EXPECT_LT(same.energy, 0.1);
  EXPECT_LT(same.gram, 0.2);
  EXPECT_GT(Between(Grain(0), Stripes(8, 0)).gram, 3 * same.gram);
}

TEST(LookScores, GrainOfOneKindIsNearerThanStripes) {
  const LookDistance grain = Between(Grain(0), Grain(1));
  const LookDistance stripes = Between(Grain(0), Stripes(8, 30));
  EXPECT_LT(5 * grain.energy, stripes.energy);
  EXPECT_LT(5 * grain.gram, stripes.gram);
}

TEST(LookScores, DirectionAndScaleAreTexture) {
  EXPECT_GT(Between(Stripes(8, 0), Stripes(8, 90)).energy, 1);
  EXPECT_GT(Between(Stripes(8, 0), Stripes(8, 90)).gram, 0.2);
  EXPECT_GT(Between(Stripes(4, 0), Stripes(16, 0)).energy, 1);
  EXPECT_LT(Between(Stripes(8, 0), Stripes(8, 90)).colour, 0.1) << "the same levels";
}

TEST(LookScores, ColoursAreCountedInLevels) {
  Frame lighter = Grain(0);
  for (std::uint8_t& value : lighter.rgb) {
    value = static_cast<std::uint8_t>(std::min(value + 10, 255));
  }
  const LookDistance distance = Between(Grain(0), lighter);
  EXPECT_NEAR(distance.colour, 10, 0.1);
  EXPECT_LT(distance.gram, 0.02) << "the texture is the same";
}

TEST(LookScores, TwiceTheContrastIsAnOctaveInEverySubBand) {
  EXPECT_NEAR(Between(Stripes(8, 0, 30), Stripes(8, 0, 60)).energy, 1, 0.15);
}

}  // namespace
}  // namespace weft::bench
