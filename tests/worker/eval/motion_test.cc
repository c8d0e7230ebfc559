#include "worker/eval/motion.h"

#include <gtest/gtest.h>
#include <opencv2/imgproc.hpp>

#include "tests/worker/eval/test_pan.h"
#include "worker/eval/mat.h"

namespace weft::eval {
namespace {

cv::Mat1b Grey(const Frame& frame) {
  cv::Mat1b grey;
  cv::cvtColor(ToMat(frame), grey, cv::COLOR_RGB2GRAY);
  return grey;
}

TEST(Motion, SaysWhereEveryPixelWas) {
  const cv::Mat1b before = Grey(PanFrame(96, 64, 0, 0));
  const cv::Mat1b now = Grey(PanFrame(96, 64, 3, -2));
  const Motion motion = MotionEstimator().Backward(before, now);
  const cv::Vec2f place = motion.place(32, 40);
  EXPECT_NEAR(place[0], 43, 0.2);
  EXPECT_NEAR(place[1], 30, 0.2);
  EXPECT_EQ(motion.known(32, 40), 255);
}

TEST(Motion, DoesNotKnowWhereNewPixelsWere) {
  const cv::Mat1b before = Grey(PanFrame(96, 64, 0, 0));
  const cv::Mat1b now = Grey(PanFrame(96, 64, 8, 0));
  const Motion motion = MotionEstimator().Backward(before, now);
  EXPECT_EQ(motion.known(32, 94), 0);
  EXPECT_GT(cv::countNonZero(motion.known), 96 * 64 * 3 / 4);
}

TEST(Motion, WarpsTheFrameBeforeOntoTheFrameNow) {
  const Frame before = PanFrame(96, 64, 0, 0);
  const Frame now = PanFrame(96, 64, 2.5, 1);
  const Motion motion = MotionEstimator().Backward(Grey(before), Grey(now));
  cv::Mat3b difference;
  cv::absdiff(ToMat(now), Warped(ToMat(before), motion), difference);
  EXPECT_LT(cv::mean(difference, motion.known)[0], 1.0);
}

}  // namespace
}  // namespace weft::eval
