#include "tests/benchmarks/moving_pair.h"

#include <gtest/gtest.h>
#include <opencv2/imgproc.hpp>

#include "tests/benchmarks/flow_file.h"
#include "tests/worker/eval/test_pan.h"
#include "worker/eval/mat.h"

namespace weft::bench {
namespace {

constexpr int kWidth = 120;
constexpr int kHeight = 96;

struct Agreement {
  double rms = 0;    // Levels, between the target and the source at the flow's places.
  double known = 0;  // Part of the pixels whose flow is known.
  double mean_motion = 0;
};

Agreement AgreementOf(const MovingPair& pair) {
  cv::Mat2f places(kHeight, kWidth);
  cv::Mat1b known(kHeight, kWidth);
  double motion = 0;
  for (int y = 0; y < kHeight; ++y) {
    for (int x = 0; x < kWidth; ++x) {
      const cv::Vec2f flow = pair.flow(y, x);
      known(y, x) = IsKnown(flow) ? 255 : 0;
      places(y, x) = flow + cv::Vec2f(static_cast<float>(x), static_cast<float>(y));
      motion += IsKnown(flow) ? cv::norm(flow) : 0;
    }
  }
  cv::Mat3b warped;
  cv::remap(eval::ToMat(pair.source), warped, places, cv::noArray(), cv::INTER_CUBIC,
            cv::BORDER_REPLICATE);
  const int count = cv::countNonZero(known);
  const double squares = cv::norm(eval::ToMat(pair.target), warped, cv::NORM_L2SQR, known);
  return {std::sqrt(squares / (3.0 * count)), static_cast<double>(count) / (kWidth * kHeight),
          motion / count};
}

TEST(MovingPair, ItsFlowLeadsFromTheTargetToTheSameThingInTheSource) {
  const Frame photo = eval::PanFrame(160, 120, 0, 0);
  const Result<MovingPair> pair = MakeMovingPair(photo, {kWidth, kHeight}, PairMotion::kVideo);
  ASSERT_TRUE(pair);
  const Agreement agreement = AgreementOf(*pair);
  EXPECT_LT(agreement.rms, 2);
  EXPECT_GT(agreement.known, 0.9);
  EXPECT_GT(agreement.mean_motion, 1);
}

TEST(MovingPair, ItsLargeMotionIsLarger) {
  const Frame photo = eval::PanFrame(160, 120, 0, 0);
  const Result<MovingPair> pair = MakeMovingPair(photo, {kWidth, kHeight}, PairMotion::kLarge);
  ASSERT_TRUE(pair);
  const Agreement agreement = AgreementOf(*pair);
  EXPECT_LT(agreement.rms, 4);
  EXPECT_GT(agreement.known, 0.75);
  EXPECT_LT(agreement.known, 0.97);
  EXPECT_GT(agreement.mean_motion, 5);
}

TEST(MovingPair, RefusesPhotographsWithNoRoomForTheMotion) {
  const Frame photo = eval::PanFrame(160, 119, 0, 0);
  EXPECT_FALSE(MakeMovingPair(photo, {96, 96}, PairMotion::kVideo));
  EXPECT_FALSE(MakeMovingPair(photo, {8, 96}, PairMotion::kVideo));
  EXPECT_TRUE(MakeMovingPair(photo, {95, 95}, PairMotion::kVideo));
}

}  // namespace
}  // namespace weft::bench
