#include "worker/eval/flicker.h"

#include <cassert>
#include <cmath>

#include <opencv2/imgproc.hpp>
#include <opencv2/video/tracking.hpp>

namespace weft::eval {
namespace {

// A motion vector is certain when following it there and back ends this near, in pixels.
constexpr float kReturnMax = 1.0F;

// Shares the frame's pixels. The call that takes it only reads.
cv::Mat View(const Frame& frame) {
  return {frame.height, frame.width, CV_8UC3, const_cast<std::uint8_t*>(frame.rgb.data())};  // NOLINT
}

cv::Mat Grey(const Frame& frame) {
  cv::Mat grey;
  cv::cvtColor(View(frame), grey, cv::COLOR_RGB2GRAY);
  return grey;
}

// [height, width] of (dx, dy): where each pixel of `to` lies in `from`.
cv::Mat Flow(const cv::Mat& to, const cv::Mat& from) {
  cv::Mat flow;
  cv::DISOpticalFlow::create(cv::DISOpticalFlow::PRESET_MEDIUM)->calc(to, from, flow);
  return flow;
}

// Absolute positions from a flow, for cv::remap.
cv::Mat Positions(const cv::Mat& flow) {
  cv::Mat positions = flow.clone();
  for (int y = 0; y < flow.rows; ++y) {
    auto* row = positions.ptr<cv::Point2f>(y);
    for (int x = 0; x < flow.cols; ++x) {
      row[x] += cv::Point2f(static_cast<float>(x), static_cast<float>(y));
    }
  }
  return positions;
}

bool Inside(const cv::Point2f& at, const cv::Mat& picture) {
  return at.x >= 0 && at.y >= 0 && at.x <= static_cast<float>(picture.cols - 1) &&
         at.y <= static_cast<float>(picture.rows - 1);
}

// 255 where the motion from `now` to `before` leads back.
cv::Mat Certain(const cv::Mat& positions, const cv::Mat& backward, const cv::Mat& forward) {
  cv::Mat returning;
  cv::remap(forward, returning, positions, {}, cv::INTER_LINEAR, cv::BORDER_REPLICATE);
  cv::Mat certain(backward.size(), CV_8U);
  for (int y = 0; y < backward.rows; ++y) {
    for (int x = 0; x < backward.cols; ++x) {
      const cv::Point2f rest = backward.at<cv::Point2f>(y, x) + returning.at<cv::Point2f>(y, x);
      const bool returns = std::hypot(rest.x, rest.y) <= kReturnMax;
      certain.at<std::uint8_t>(y, x) =
          returns && Inside(positions.at<cv::Point2f>(y, x), backward) ? 255 : 0;
    }
  }
  return certain;
}

double MeanDifference(const cv::Mat& a, const cv::Mat& b, const cv::Mat& mask) {
  cv::Mat difference;
  cv::absdiff(a, b, difference);
  const cv::Scalar means = cv::mean(difference, mask);
  return (means[0] + means[1] + means[2]) / 3;
}

double WarpedDifference(const Frame& guide_before,
                        const Frame& guide,
                        const Frame& rendered_before,
                        const Frame& rendered) {
  const cv::Mat now = Grey(guide);
  const cv::Mat before = Grey(guide_before);
  const cv::Mat backward = Flow(now, before);
  const cv::Mat positions = Positions(backward);
  cv::Mat moved;
  cv::remap(View(rendered_before), moved, positions, {}, cv::INTER_CUBIC, cv::BORDER_REPLICATE);
  return MeanDifference(View(rendered), moved, Certain(positions, backward, Flow(before, now)));
}

double Sharpness(const Frame& frame) {
  cv::Mat grey;
  Grey(frame).convertTo(grey, CV_32F);
  cv::Mat gx;
  cv::Mat gy;
  cv::Sobel(grey, gx, CV_32F, 1, 0, 3, 1.0 / 8);
  cv::Sobel(grey, gy, CV_32F, 0, 1, 3, 1.0 / 8);
  cv::Mat magnitude;
  cv::magnitude(gx, gy, magnitude);
  return cv::mean(magnitude)[0];
}

}  // namespace

void FlickerMeter::Add(const Frame& guide, const Frame& rendered, bool scene_start) {
  assert(guide.width == rendered.width && guide.height == rendered.height);
  ++frames_;
  sharpness_sum_ += Sharpness(rendered);
  if (before_ && !scene_start) {
    ++pairs_;
    warped_sum_ += WarpedDifference(before_->guide, guide, before_->rendered, rendered);
    plain_sum_ += MeanDifference(View(rendered), View(before_->rendered), {});
  }
  before_ = Pair{guide, rendered};
}

FlickerFigures FlickerMeter::figures() const {
  const double pairs = pairs_ > 0 ? pairs_ : 1;
  return {.pairs = pairs_,
          .warped_difference = warped_sum_ / pairs,
          .plain_difference = plain_sum_ / pairs,
          .sharpness = sharpness_sum_ / (frames_ > 0 ? frames_ : 1)};
}

}  // namespace weft::eval
