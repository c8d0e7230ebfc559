#include "worker/eval/motion.h"

#include <opencv2/imgproc.hpp>

namespace weft::eval {
namespace {

constexpr float kAgreement = 1;  // Pixels between where a pixel comes from and where that goes to.

cv::Mat2f Places(const cv::Mat2f& flow) {
  cv::Mat2f places(flow.size());
  places.forEach([&flow](cv::Vec2f& place, const int* at) {
    place = flow(at[0], at[1]) + cv::Vec2f(static_cast<float>(at[1]), static_cast<float>(at[0]));
  });
  return places;
}

bool Inside(const cv::Vec2f& place, cv::Size size) {
  return place[0] >= 0 && place[0] <= static_cast<float>(size.width - 1) && place[1] >= 0 &&
         place[1] <= static_cast<float>(size.height - 1);
}

}  // namespace

MotionEstimator::MotionEstimator()
    : flow_(cv::DISOpticalFlow::create(cv::DISOpticalFlow::PRESET_MEDIUM)) {}

Motion MotionEstimator::Backward(const cv::Mat1b& before, const cv::Mat1b& now) const {
  cv::Mat2f backward;
  flow_->calc(now, before, backward);
  cv::Mat2f forward;
  flow_->calc(before, now, forward);

  Motion motion{Places(backward), cv::Mat1b(now.size())};
  cv::Mat2f forward_there;  // Of the place each pixel comes from.
  cv::remap(forward, forward_there, motion.place, cv::noArray(), cv::INTER_LINEAR,
            cv::BORDER_REPLICATE);
  motion.known.forEach([&](std::uint8_t& known, const int* at) {
    const cv::Vec2f round_trip = backward(at[0], at[1]) + forward_there(at[0], at[1]);
    const bool agrees = cv::norm(round_trip) <= kAgreement;
    known = agrees && Inside(motion.place(at[0], at[1]), now.size()) ? 255 : 0;
  });
  return motion;
}

cv::Mat3b Warped(const cv::Mat3b& before, const Motion& motion) {
  cv::Mat3b warped;
  cv::remap(before, warped, motion.place, cv::noArray(), cv::INTER_CUBIC, cv::BORDER_REPLICATE);
  return warped;
}

}  // namespace weft::eval
