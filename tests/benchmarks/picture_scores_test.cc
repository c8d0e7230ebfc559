#include "tests/benchmarks/picture_scores.h"

#include <cmath>

#include <gtest/gtest.h>
#include <opencv2/imgproc.hpp>

#include "tests/benchmarks/test_noise.h"
#include "tests/worker/eval/test_pan.h"
#include "worker/eval/mat.h"

namespace weft::bench {
namespace {

Frame Blurred(const Frame& frame) {
  cv::Mat3b blurred;
  cv::GaussianBlur(eval::ToMat(frame), blurred, cv::Size(5, 5), 1);
  return eval::ToFrame(blurred);
}

// Levels of half the height above and below the middle.
Frame WithNoise(const Frame& frame) {
  const Frame noise = NoiseFrame(frame.width, frame.height, 0, 0);
  Frame noisy = frame;
  for (std::size_t i = 0; i < noisy.rgb.size(); ++i) {
    noisy.rgb[i] = static_cast<std::uint8_t>(noisy.rgb[i] + noise.rgb[i] / 8 - 16);
  }
  return noisy;
}

TEST(Psnr, IsThatOfAKnownDifference) {
  const Frame picture = eval::PanFrame(16, 16, 0, 0);
  EXPECT_NEAR(Psnr(picture, eval::Brighter(picture, 5)), 20 * std::log10(255.0 / 5), 1e-9);
  EXPECT_NEAR(Psnr(picture, picture), 138.13, 0.01);
  Frame red = picture;
  for (std::size_t i = 0; i < red.rgb.size(); i += 3) {
    red.rgb[i] = static_cast<std::uint8_t>(red.rgb[i] + 3);
  }
  // All three channels count: the mean square is 3, not 9.
  EXPECT_NEAR(Psnr(picture, red), 10 * std::log10(65025.0 / 3), 1e-9);
}

TEST(Ssim, IsOneForEqualPicturesAndLessForOthers) {
  const Frame picture = eval::PanFrame(40, 30, 0, 0);
  EXPECT_DOUBLE_EQ(Ssim(picture, picture), 1);
  EXPECT_LT(Ssim(picture, eval::Brighter(picture, 10)), 0.9999);
  EXPECT_LT(Ssim(picture, WithNoise(picture)), 0.9);
  EXPECT_LT(std::abs(Ssim(NoiseFrame(40, 30, 0, 0), NoiseFrame(40, 30, 500, 0))), 0.1);
}

TEST(Ssim, OfFlatPicturesIsTheBrightnessTermAlone) {
  const Frame dark{16, 16, std::vector<std::uint8_t>(16 * 16 * 3, 100)};
  const Frame bright{16, 16, std::vector<std::uint8_t>(16 * 16 * 3, 150)};
  constexpr double kC1 = 2.55 * 2.55;
  EXPECT_NEAR(Ssim(dark, bright), (2 * 100 * 150 + kC1) / (100 * 100 + 150 * 150 + kC1), 1e-9);
}

TEST(Detail, IsLostByBlurAndNotWonByNoise) {
  const Frame picture = eval::PanFrame(60, 50, 0, 0);
  const DetailSums same = CompareDetail(picture, picture);
  EXPECT_DOUBLE_EQ(same.own, same.truth);
  EXPECT_DOUBLE_EQ(same.shared, same.truth);
  EXPECT_GT(same.truth, 0);

  const DetailSums blurred = CompareDetail(Blurred(picture), picture);
  EXPECT_LT(blurred.own, 0.95 * blurred.truth);
  EXPECT_LT(blurred.shared, 0.97 * blurred.truth);

  const DetailSums noisy = CompareDetail(WithNoise(picture), picture);
  EXPECT_GT(noisy.own, 1.2 * noisy.truth);
  EXPECT_NEAR(noisy.shared / noisy.truth, 1, 0.05);
}

}  // namespace
}  // namespace weft::bench
