#include "worker/annotate/soft_edge.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

namespace weft::annotate {
namespace {

// ITU-R BT.601, without rounding to 8 bit as cv::cvtColor would.
cv::Mat1f Luma(const Frame& frame) {
  cv::Mat1f luma(frame.height, frame.width);
  const std::uint8_t* rgb = frame.rgb.data();
  for (float& value : luma) {
    value = 0.299F * static_cast<float>(rgb[0]) + 0.587F * static_cast<float>(rgb[1]) +
            0.114F * static_cast<float>(rgb[2]);
    rgb += 3;
  }
  return luma;
}

}  // namespace

std::vector<float> SoftEdgeValues(const Frame& frame) {
  constexpr float kGradientUnit =
      32;                          // The Scharr kernel's gain: grey levels per pixel from here on.
  constexpr float kSoftness = 12;  // Grey levels per pixel at which an edge counts 1 - 1/e.
  cv::Mat1f blurred;
  cv::GaussianBlur(Luma(frame), blurred, cv::Size(5, 5), 1.0, 1.0, cv::BORDER_REFLECT_101);
  cv::Mat1f gradient_x;
  cv::Mat1f gradient_y;
  cv::Scharr(blurred, gradient_x, CV_32F, 1, 0, 1, 0, cv::BORDER_REFLECT_101);
  cv::Scharr(blurred, gradient_y, CV_32F, 0, 1, 1, 0, cv::BORDER_REFLECT_101);

  std::vector<float> values(blurred.total());
  std::transform(gradient_x.begin(), gradient_x.end(), gradient_y.begin(), values.begin(),
                 [](float x, float y) {
                   const float magnitude = std::sqrt(x * x + y * y) / kGradientUnit;
                   return 1 - std::exp(-magnitude / kSoftness);
                 });
  return values;
}

ControlMap SoftEdge(const Frame& frame) {
  const std::vector<float> values = SoftEdgeValues(frame);
  ControlMap map{frame.width, frame.height, 1, std::vector<std::uint8_t>(values.size())};
  std::transform(values.begin(), values.end(), map.values.begin(),
                 [](float value) { return static_cast<std::uint8_t>(std::lround(value * 255)); });
  return map;
}

}  // namespace weft::annotate
