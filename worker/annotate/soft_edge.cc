#include "worker/annotate/soft_edge.h"

#include <cmath>

#include <opencv2/imgproc.hpp>

namespace weft::annotate {
namespace {

constexpr double kBlurSigma = 1.0;
constexpr float kScharrSum = 32.0F;      // Weights of the kernel: makes the gradient grey levels per pixel.
constexpr float kHalfResponse = 12.0F;   // Grey levels per pixel that give 1 - 1/e.

// [height, width], float32, 0..255.
cv::Mat Luma(const Frame& frame) {
  cv::Mat luma(frame.height, frame.width, CV_32F);
  const std::uint8_t* pixel = frame.rgb.data();
  for (int y = 0; y < frame.height; ++y) {
    auto* row = luma.ptr<float>(y);
    for (int x = 0; x < frame.width; ++x, pixel += 3) {
      row[x] = 0.299F * static_cast<float>(pixel[0]) + 0.587F * static_cast<float>(pixel[1]) +
               0.114F * static_cast<float>(pixel[2]);
    }
  }
  return luma;
}

}  // namespace

std::vector<float> SoftEdgeValues(const Frame& frame) {
  cv::Mat blurred;
  cv::GaussianBlur(Luma(frame), blurred, {5, 5}, kBlurSigma, kBlurSigma, cv::BORDER_REFLECT_101);
  cv::Mat across;
  cv::Mat down;
  cv::Scharr(blurred, across, CV_32F, 1, 0, 1, 0, cv::BORDER_REFLECT_101);
  cv::Scharr(blurred, down, CV_32F, 0, 1, 1, 0, cv::BORDER_REFLECT_101);
  std::vector<float> values;
  values.reserve(static_cast<std::size_t>(frame.width) * static_cast<std::size_t>(frame.height));
  for (int y = 0; y < frame.height; ++y) {
    const auto* gx = across.ptr<float>(y);
    const auto* gy = down.ptr<float>(y);
    for (int x = 0; x < frame.width; ++x) {
      const float magnitude = std::sqrt(gx[x] * gx[x] + gy[x] * gy[x]) / kScharrSum;
      values.push_back(1.0F - std::exp(-magnitude / kHalfResponse));
    }
  }
  return values;
}

ControlMap SoftEdge(const Frame& frame) {
  ControlMap map{.width = frame.width, .height = frame.height, .values = {}};
  for (const float value : SoftEdgeValues(frame)) {
    map.values.push_back(static_cast<std::uint8_t>(std::lround(value * 255.0F)));
  }
  return map;
}

}  // namespace weft::annotate
