#include "worker/annotate/soft_edge.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

namespace weft::annotate {
namespace {

constexpr int kCutOff = 3;  // Reach of the blur and the gradient together.

const std::string kFolder = std::string(WEFT_SOURCE_DIR) + "/tests/worker/annotate/";

Frame ReadFrame(const std::string& name) {
  cv::Mat bgr = cv::imread(kFolder + name, cv::IMREAD_COLOR);
  cv::Mat rgb;
  cv::cvtColor(bgr, rgb, cv::COLOR_BGR2RGB);
  return {rgb.cols, rgb.rows, std::vector<std::uint8_t>(rgb.data, rgb.data + rgb.total() * 3)};
}

Frame GreyFrame(int width, int height, std::uint8_t level) {
  return {width, height, std::vector<std::uint8_t>(std::size_t(width) * height * 3, level)};
}

// Left half 0, right half `level`.
Frame StepFrame(int width, int height, std::uint8_t level) {
  Frame frame = GreyFrame(width, height, 0);
  for (int y = 0; y < height; ++y) {
    for (int x = width / 2 * 3; x < width * 3; ++x) {
      frame.rgb[std::size_t(y) * width * 3 + x] = level;
    }
  }
  return frame;
}

TEST(SoftEdge, AgreesWithTheControlImageTheDemoModelWasMadeWith) {
  const Frame frame = ReadFrame("flower.png");
  const cv::Mat1w golden = cv::imread(kFolder + "flower_soft_edge.png", cv::IMREAD_UNCHANGED);
  ASSERT_EQ(frame.width, 160);
  ASSERT_EQ(golden.size(), cv::Size(frame.width, frame.height));
  const std::vector<float> values = SoftEdgeValues(frame);
  float largest_error = 0;
  for (int y = 0; y < frame.height - kCutOff; ++y) {
    for (int x = 0; x < frame.width - kCutOff; ++x) {
      const float expected = static_cast<float>(golden(y, x)) / 65535;
      largest_error = std::max(largest_error, std::abs(values[y * frame.width + x] - expected));
    }
  }
  EXPECT_LT(largest_error, 2e-5F);
}

TEST(SoftEdge, IsZeroWhereNothingChanges) {
  const std::vector<float> values = SoftEdgeValues(GreyFrame(9, 7, 200));
  EXPECT_LT(*std::max_element(values.begin(), values.end()), 1e-5F);
}

TEST(SoftEdge, FollowsTheFormulaOnAStep) {
  // With w the Gaussian's five weights, blurred luma rises by 100 (w[0] + w[1]) from the pixel
  // before the edge to the pixel after it; Scharr's column of 3, 10, 3 weighs that with 16.
  const double w[] = {std::exp(0.0), std::exp(-0.5), std::exp(-2.0)};
  const double rise = 100 * (w[0] + w[1]) / (w[0] + 2 * w[1] + 2 * w[2]);
  const double expected = 1 - std::exp(-16 * rise / 32 / 12);
  const int width = 20;
  const std::vector<float> values = SoftEdgeValues(StepFrame(width, 11, 100));
  EXPECT_NEAR(values[5 * width + width / 2], expected, 1e-5);
}

TEST(SoftEdge, DoesNotDependOnTheRestOfTheFrame) {
  Frame frame = StepFrame(40, 12, 60);
  const std::vector<float> before = SoftEdgeValues(frame);
  frame.rgb[0] = 255;  // Far from the step.
  const std::vector<float> after = SoftEdgeValues(frame);
  EXPECT_EQ(before[6 * 40 + 20], after[6 * 40 + 20]);
  EXPECT_NE(before[0 * 40 + 1], after[0 * 40 + 1]);
}

TEST(SoftEdge, RoundsToEightBit) {
  const Frame frame = ReadFrame("flower.png");
  const std::vector<float> values = SoftEdgeValues(frame);
  const ControlMap map = SoftEdge(frame);
  EXPECT_EQ(map.width, frame.width);
  EXPECT_EQ(map.height, frame.height);
  ASSERT_EQ(map.values.size(), values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    ASSERT_NEAR(map.values[i], values[i] * 255, 0.501);
  }
}

TEST(SoftEdge, TakesFramesSmallerThanItsKernels) {
  for (const auto& [width, height] : {std::pair(1, 1), std::pair(2, 3), std::pair(5, 1)}) {
    const ControlMap map = SoftEdge(GreyFrame(width, height, 90));
    EXPECT_EQ(map.values, std::vector<std::uint8_t>(std::size_t(width) * height, 0));
  }
}

}  // namespace
}  // namespace weft::annotate
