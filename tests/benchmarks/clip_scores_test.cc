#include "tests/benchmarks/clip_scores.h"

#include <cmath>

#include <gtest/gtest.h>

#include "tests/worker/eval/test_pan.h"

namespace weft::bench {
namespace {

constexpr int kWidth = 48;
constexpr int kHeight = 32;

// Where everything was so far to the left in the frame before; known everywhere but on the left.
eval::Motion Pan(int pixels) {
  eval::Motion motion{cv::Mat2f(kHeight, kWidth), cv::Mat1b(kHeight, kWidth, std::uint8_t{255})};
  motion.place.forEach([pixels](cv::Vec2f& place, const int* at) {
    place = {static_cast<float>(at[1] - pixels), static_cast<float>(at[0])};
  });
  motion.known.colRange(0, pixels).setTo(0);
  return motion;
}

// What is seen moves to the right by `pixels` a frame.
std::vector<Frame> PanClip(int frame_count, int pixels) {
  std::vector<Frame> frames;
  frames.reserve(static_cast<std::size_t>(frame_count));
  for (int t = 0; t < frame_count; ++t) {
    frames.push_back(eval::PanFrame(kWidth, kHeight, -pixels * t, 0));
  }
  return frames;
}

TEST(ClipScores, OfTheTruthItselfAreTheBestThereAre) {
  const std::vector<Frame> still = PanClip(3, 0);
  const ClipScores scores = ScoreClip(still, still, {Pan(0), Pan(0)});
  EXPECT_GT(scores.psnr, 138);
  EXPECT_DOUBLE_EQ(scores.ssim, 1);
  EXPECT_EQ(scores.ewarp, 0);
  EXPECT_EQ(scores.gflick, 0);
  EXPECT_DOUBLE_EQ(scores.sharpness, 1);
  EXPECT_DOUBLE_EQ(scores.detail, 1);
}

TEST(ClipScores, UndoTheTrueMotion) {
  const std::vector<Frame> moving = PanClip(3, 2);
  EXPECT_EQ(ScoreClip(moving, moving, {Pan(2), Pan(2)}).ewarp, 0);
  EXPECT_GT(ScoreClip(moving, moving, {Pan(0), Pan(0)}).ewarp, 5);
}

TEST(ClipScores, FindAKnownFlicker) {
  const std::vector<Frame> clean = PanClip(5, 2);
  std::vector<Frame> flicker = clean;
  flicker[1] = eval::Brighter(clean[1], 6);
  flicker[3] = eval::Brighter(clean[3], 6);
  const ClipScores scores = ScoreClip(flicker, clean, {Pan(2), Pan(2), Pan(2), Pan(2)});
  EXPECT_DOUBLE_EQ(scores.ewarp, 6);
  // The changes are 6, -6, 6, -6.
  EXPECT_NEAR(scores.gflick, 6, 1e-9);
  EXPECT_NEAR(scores.sharpness, 1, 1e-9);
}

TEST(ClipScores, LeaveOutWhatIsNotKnown) {
  const std::vector<Frame> clean = PanClip(2, 0);
  std::vector<Frame> spoilt = clean;
  for (std::size_t y = 0; y < kHeight; ++y) {
    spoilt[1].rgb[3 * y * kWidth] ^= 0x40;
  }
  eval::Motion motion = Pan(0);
  EXPECT_GT(ScoreClip(spoilt, clean, {motion}).ewarp, 1);
  motion.known.col(0).setTo(0);
  EXPECT_EQ(ScoreClip(spoilt, clean, {motion}).ewarp, 0);
}

}  // namespace
}  // namespace weft::bench
