#include "worker/eval/mat.h"

#include <algorithm>

namespace weft::eval {

cv::Mat3b ToMat(const Frame& frame) {
  cv::Mat3b rgb(frame.height, frame.width);
  std::copy(frame.rgb.begin(), frame.rgb.end(), rgb.ptr());
  return rgb;
}

Frame ToFrame(const cv::Mat3b& rgb) {
  const cv::Mat3b whole = rgb.isContinuous() ? rgb : rgb.clone();
  return {whole.cols, whole.rows, {whole.ptr(), whole.ptr() + whole.total() * 3}};
}

}  // namespace weft::eval
