// The motion between two frames as dense optical flow.

#pragma once

#include <opencv2/core.hpp>
#include <opencv2/video/tracking.hpp>

namespace weft::eval {

// From one frame to the frame before it.
struct Motion {
  cv::Mat2f place;  // For every pixel where it was, x and y.
  cv::Mat1b known;  // 255 where that can be relied on, else 0.
};

class MotionEstimator {
 public:
  MotionEstimator();

  // Both grey, of the same size. Throws cv::Exception when they are too small.
  [[nodiscard]] Motion Backward(const cv::Mat1b& before, const cv::Mat1b& now) const;

 private:
  cv::Ptr<cv::DISOpticalFlow> flow_;
};

// What `before` looks like at the places of `motion`, by bicubic interpolation.
cv::Mat3b Warped(const cv::Mat3b& before, const Motion& motion);

}  // namespace weft::eval
