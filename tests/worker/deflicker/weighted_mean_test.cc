#include "worker/deflicker/weighted_mean.h"

#include <cmath>
#include <cstdlib>

#include <gtest/gtest.h>

namespace weft::deflicker {
namespace {

constexpr int kWidth = 48;
constexpr int kHeight = 20;
constexpr int kMiddle = kWidth / 2;
constexpr int kRow = kHeight / 2;
constexpr int kRadius = 4;

// Stripes of two pixels, `depth` levels above and below `level`.
ColorPlanes Stripes(float level, float depth) {
  ColorPlanes picture(kWidth, kHeight);
  for (FloatPlane& channel : picture.channels) {
    for (int y = 0; y < kHeight; ++y) {
      for (int x = 0; x < kWidth; ++x) {
        channel.Row(y)[x] = level + (x % 4 < 2 ? depth : -depth);
      }
    }
  }
  return picture;
}

FloatPlane Weights(float left, float right) {
  FloatPlane weights(kWidth, kHeight, left);
  for (int y = 0; y < kHeight; ++y) {
    for (int x = kMiddle; x < kWidth; ++x) {
      weights.Row(y)[x] = right;
    }
  }
  return weights;
}

template <typename Mean>
MatchPlanes MeanOf(Mean mean,
                   const ColorPlanes& left,
                   const ColorPlanes& right,
                   float weight_elsewhere) {
  mean.Add(left, Weights(1, weight_elsewhere));
  mean.Add(right, Weights(weight_elsewhere, 1));
  return ToMatchPlanes(mean.Take());
}

// Of four pixels, which are a whole stripe, on either side of the middle.
double StepInTheMiddle(const MatchPlanes& picture) {
  double step = 0;
  for (int x = 0; x < 4; ++x) {
    step += *picture.At(0, kMiddle + x, kRow) - *picture.At(0, kMiddle - 1 - x, kRow);
  }
  return std::abs(step / 4);
}

// Half of what a stripe rises and falls.
double Depth(const MatchPlanes& picture, int x) {
  return (*picture.At(0, x, kRow) - *picture.At(0, x + 2, kRow)) / 2.0;
}

TEST(WeightedMean, AddsPicturesByTheirWeights) {
  const MatchPlanes mean =
      MeanOf(WeightedMean(kWidth, kHeight), Stripes(100, 0), Stripes(140, 0), 3);
  EXPECT_EQ(*mean.At(0, 2, 2), 130);
  EXPECT_EQ(*mean.At(2, kWidth - 3, 2), 110);
}

TEST(BandedMean, IsThePlainMeanWhereWeightsAreTheSameEverywhere) {
  const ColorPlanes first = Stripes(90, 8);
  const ColorPlanes second = Stripes(150, 20);
  const MatchPlanes plain = MeanOf(WeightedMean(kWidth, kHeight), first, second, 1);
  const MatchPlanes banded = MeanOf(BandedMean(kWidth, kHeight, kRadius), first, second, 1);
  for (int x = 0; x < kWidth; ++x) {
    EXPECT_NEAR(*plain.At(1, x, 3), *banded.At(1, x, 3), 1) << x;
  }
}

TEST(BandedMean, LeavesNoEdgeWhereWeightsHaveOneAndBrightnessDiffers) {
  const ColorPlanes dark = Stripes(100, 0);
  const ColorPlanes bright = Stripes(140, 0);
  EXPECT_GT(StepInTheMiddle(MeanOf(WeightedMean(kWidth, kHeight), dark, bright, 0.01F)), 35);
  EXPECT_LT(StepInTheMiddle(MeanOf(BandedMean(kWidth, kHeight, kRadius), dark, bright, 0.01F)), 20);
}

TEST(BandedMean, TakesDetailFromThePictureThatIsTrustedThere) {
  const MatchPlanes mean =
      MeanOf(BandedMean(kWidth, kHeight, kRadius), Stripes(100, 30), Stripes(140, 5), 0.01F);
  EXPECT_NEAR(Depth(mean, kMiddle - 8), 30, 4);
  EXPECT_NEAR(Depth(mean, kMiddle + 8), 5, 4);
}

}  // namespace
}  // namespace weft::deflicker
