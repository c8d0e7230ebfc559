// Frames as OpenCV's matrices and back; channels stay in RGB order.

#pragma once

#include <opencv2/core.hpp>

#include "worker/frame/frame.h"

namespace weft::eval {

cv::Mat3b ToMat(const Frame& frame);

Frame ToFrame(const cv::Mat3b& rgb);

}  // namespace weft::eval
