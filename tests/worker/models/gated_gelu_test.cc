#include "worker/models/gated_gelu.h"

#include <cmath>
#include <cstdint>
#include <cstring>
#include <vector>

#include <gtest/gtest.h>

namespace weft::models {
namespace {

constexpr int kRows = 3;
constexpr int kWidth = 320;
constexpr std::size_t kOutputs = std::size_t{kRows} * kWidth;

double ExactGelu(double x) {
  return 0.5 * x * (1.0 + std::erf(x / std::sqrt(2.0)));
}

// Gates from -12 to 12, values around 1.
std::vector<float> Inputs() {
  std::vector<float> in(2 * kOutputs);
  for (int row = 0; row < kRows; ++row) {
    for (int i = 0; i < kWidth; ++i) {
      in[(row * 2) * kWidth + i] = static_cast<float>(1.0 + 0.5 * std::sin(i + row));
      in[(row * 2 + 1) * kWidth + i] = static_cast<float>(24.0 * i / kWidth - 12.0 + 0.01 * row);
    }
  }
  return in;
}

float ValueOf(std::uint16_t bits) {
  const std::uint32_t word = static_cast<std::uint32_t>(bits) << 16U;
  float value = 0.0F;
  std::memcpy(&value, &word, sizeof value);
  return value;
}

TEST(GateWithGelu, IsTheValueTimesTheExactGeluOfTheGate) {
  const std::vector<float> in = Inputs();
  std::vector<float> out(kOutputs);
  GateWithGelu(in.data(), kRows, kWidth, out.data());
  for (int row = 0; row < kRows; ++row) {
    for (int i = 0; i < kWidth; ++i) {
      const double value = in[(row * 2) * kWidth + i];
      const double gate = in[(row * 2 + 1) * kWidth + i];
      EXPECT_NEAR(out[row * kWidth + i], value * ExactGelu(gate), 4e-7 * (1.0 + std::abs(gate)));
    }
  }
}

TEST(GateWithGelu, RoundsOnceInBfloat16) {
  std::vector<std::uint16_t> in;
  for (const float value : Inputs()) {
    std::uint32_t word = 0;
    std::memcpy(&word, &value, sizeof word);
    in.push_back(static_cast<std::uint16_t>(word >> 16U));
  }
  std::vector<std::uint16_t> out(kOutputs);
  GateWithGelu(in.data(), kRows, kWidth, out.data());
  for (int row = 0; row < kRows; ++row) {
    for (int i = 0; i < kWidth; ++i) {
      const double expected =
          ValueOf(in[(row * 2) * kWidth + i]) * ExactGelu(ValueOf(in[(row * 2 + 1) * kWidth + i]));
      // Half a unit of 8 bits in the last place.
      EXPECT_NEAR(ValueOf(out[row * kWidth + i]), expected, std::abs(expected) / 256.0 + 1e-5);
    }
  }
}

}  // namespace
}  // namespace weft::models
