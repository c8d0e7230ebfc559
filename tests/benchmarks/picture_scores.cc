#include "tests/benchmarks/picture_scores.h"

#include <algorithm>
#include <cmath>

#include <opencv2/imgproc.hpp>

#include "worker/eval/mat.h"

namespace weft::bench {
namespace {

constexpr double kWhite = 255;

cv::Mat1d Luma(const Frame& frame) {
  cv::Mat1b grey;
  cv::cvtColor(eval::ToMat(frame), grey, cv::COLOR_RGB2GRAY);
  cv::Mat1d luma;
  grey.convertTo(luma, CV_64F);
  return luma;
}

cv::Mat WindowMean(const cv::Mat& values) {
  cv::Mat means;
  cv::GaussianBlur(values, means, cv::Size(11, 11), 1.5);
  return means;
}

// Of what the window shows.
cv::Mat Covariance(const cv::Mat& a, const cv::Mat& b) {
  return WindowMean(a.mul(b)) - WindowMean(a).mul(WindowMean(b));
}

// Along x and along y.
cv::Mat2d Gradient(const Frame& frame) {
  constexpr double kScharrGain = 32;
  const cv::Mat1d luma = Luma(frame);
  cv::Mat1d sides[2];
  cv::Scharr(luma, sides[0], CV_64F, 1, 0, 1 / kScharrGain);
  cv::Scharr(luma, sides[1], CV_64F, 0, 1, 1 / kScharrGain);
  cv::Mat2d gradient;
  cv::merge(sides, 2, gradient);
  return gradient;
}

}  // namespace

double Psnr(const Frame& a, const Frame& b) {
  constexpr double kMseMin = 1e-9;
  const double squares = cv::norm(eval::ToMat(a), eval::ToMat(b), cv::NORM_L2SQR);
  const double mse = std::max(squares / static_cast<double>(a.rgb.size()), kMseMin);
  return 10 * std::log10(kWhite * kWhite / mse);
}

double Ssim(const Frame& a, const Frame& b) {
  constexpr double kC1 = 0.01 * kWhite * 0.01 * kWhite;
  constexpr double kC2 = 0.03 * kWhite * 0.03 * kWhite;
  const cv::Mat luma_a = Luma(a);
  const cv::Mat luma_b = Luma(b);
  const cv::Mat mean_a = WindowMean(luma_a);
  const cv::Mat mean_b = WindowMean(luma_b);
  const cv::Mat variances = Covariance(luma_a, luma_a) + Covariance(luma_b, luma_b);
  const cv::Mat structure = 2 * Covariance(luma_a, luma_b) + kC2;
  const cv::Mat brightness = 2 * mean_a.mul(mean_b) + kC1;
  const cv::Mat brightness_max = mean_a.mul(mean_a) + mean_b.mul(mean_b) + kC1;
  const cv::Mat similarity = brightness.mul(structure) / brightness_max.mul(variances + kC2);
  return cv::mean(similarity)[0];
}

DetailSums CompareDetail(const Frame& picture, const Frame& truth) {
  const cv::Mat2d own = Gradient(picture);
  const cv::Mat2d true_detail = Gradient(truth);
  return {own.dot(own), true_detail.dot(true_detail), own.dot(true_detail)};
}

}  // namespace weft::bench
