#include "worker/annotate/soft_edge.h"

#include <cmath>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>

#include <gtest/gtest.h>

namespace weft::annotate {
namespace {

constexpr int kWidth = 96;
constexpr int kHeight = 64;
constexpr int kMargin = 3;  // The reach of the blur and the gradient.

std::string Golden(const std::string& name) {
  std::ifstream file(std::string(WEFT_SOURCE_DIR "/tests/worker/annotate/golden/") + name,
                     std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(SoftEdge, AgreesWithTheModelsOwnControlImage) {
  const std::string rgb = Golden("flower_96x64.rgb");
  const std::string expected_bytes = Golden("flower_96x64_soft_edge.f32");
  ASSERT_EQ(rgb.size(), static_cast<std::size_t>(kWidth * kHeight * 3));
  std::vector<float> expected(expected_bytes.size() / sizeof(float));
  std::memcpy(expected.data(), expected_bytes.data(), expected_bytes.size());
  const Frame frame{kWidth, kHeight, {rgb.begin(), rgb.end()}};
  const std::vector<float> values = SoftEdgeValues(frame);
  ASSERT_EQ(values.size(), expected.size());
  for (int y = kMargin; y < kHeight - kMargin; ++y) {
    for (int x = kMargin; x < kWidth - kMargin; ++x) {
      const auto at = static_cast<std::size_t>(y * kWidth + x);
      ASSERT_NEAR(values[at], expected[at], 1e-5) << x << "," << y;
    }
  }
}

TEST(SoftEdge, IsZeroOnAPlainFrame) {
  const Frame frame{7, 5, std::vector<std::uint8_t>(7 * 5 * 3, 90)};
  for (const float value : SoftEdgeValues(frame)) {
    EXPECT_NEAR(value, 0.0F, 1e-6);
  }
}

TEST(SoftEdge, RoundsToTheNearestOf256Levels) {
  Frame frame{16, 9, std::vector<std::uint8_t>(16 * 9 * 3, 0)};
  for (std::size_t i = 0; i < frame.rgb.size(); ++i) {
    frame.rgb[i] = static_cast<std::uint8_t>(i * i % 251);
  }
  const std::vector<float> values = SoftEdgeValues(frame);
  const ControlMap map = SoftEdge(frame);
  ASSERT_EQ(map.values.size(), values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    EXPECT_LE(std::abs(map.values[i] / 255.0F - values[i]), 0.5F / 255 + 1e-6F);
  }
}

}  // namespace
}  // namespace weft::annotate
