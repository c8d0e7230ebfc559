#include "common/noise.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include <gtest/gtest.h>

namespace weft {
namespace {

std::uint32_t Bits(float value) {
  std::uint32_t bits = 0;
  std::memcpy(&bits, &value, sizeof(bits));
  return bits;
}

std::vector<std::uint32_t> Bits(const std::vector<float>& values) {
  std::vector<std::uint32_t> bits;
  bits.reserve(values.size());
  for (const float value : values) {
    bits.push_back(Bits(value));
  }
  return bits;
}

// Of an independent implementation: Philox in plain Python, statistics.NormalDist().inv_cdf. A
// change here changes every picture.
TEST(GaussianNoise, HasTheSameBitsOnEveryMachine) {
  EXPECT_EQ(Bits(GaussianNoise(0, 0, 8)),
            (std::vector<std::uint32_t>{0xbe82fa50, 0x3f2153b7, 0x3ff51846, 0x3f01cc4f, 0xc0042d25,
                                        0xbf89bcdd, 0x3f4c1d40, 0x3e87dc28}));
  EXPECT_EQ(Bits(GaussianNoise(1234567890123456789, 7, 8)),
            (std::vector<std::uint32_t>{0x3f89a152, 0xbf5daa37, 0xbf7a4737, 0x3faa08ec, 0xbf5bf92f,
                                        0x3eb4c1b8, 0xbe359c6e, 0xc005b40c}));
  EXPECT_EQ(Bits(GaussianNoise(42, 0, 1000).back()), 0x3fc4777dU);
}

TEST(GaussianNoise, DoesNotDependOnHowMuchIsAskedFor) {
  const std::vector<float> all = GaussianNoise(5, 1, 1000);
  for (const std::size_t count : {0U, 1U, 2U, 3U, 17U, 999U}) {
    const std::vector<float> some = GaussianNoise(5, 1, count);
    ASSERT_EQ(some.size(), count);
    EXPECT_TRUE(std::equal(some.begin(), some.end(), all.begin()));
  }
}

// Pearson's correlation of two streams of standard normal numbers.
double Correlation(const std::vector<float>& a, const std::vector<float>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    sum += static_cast<double>(a[i]) * b[i];
  }
  return sum / static_cast<double>(a.size());
}

TEST(GaussianNoise, GivesUnrelatedStreamsForOtherSeedsAndStreams) {
  const std::size_t count = 100000;
  const std::vector<float> noise = GaussianNoise(5, 1, count);
  const double bound = 5 / std::sqrt(static_cast<double>(count));
  EXPECT_LT(std::abs(Correlation(noise, GaussianNoise(6, 1, count))), bound);
  EXPECT_LT(std::abs(Correlation(noise, GaussianNoise(5, 2, count))), bound);
  EXPECT_LT(std::abs(Correlation(noise, GaussianNoise(5 + (std::uint64_t{1} << 32), 1, count))),
            bound);
  std::vector<float> shifted = noise;
  std::rotate(shifted.begin(), shifted.begin() + 1, shifted.end());
  EXPECT_LT(std::abs(Correlation(noise, shifted)), bound);
}

// Bounds are five standard errors of a million normal numbers.
TEST(GaussianNoise, IsStandardNormal) {
  constexpr std::size_t kCount = 1000000;
  std::vector<float> noise = GaussianNoise(2024, 3, kCount);
  double moments[5] = {};
  for (const double value : noise) {
    double power = 1;
    for (double& moment : moments) {
      moment += power / kCount;
      power *= value;
    }
  }
  EXPECT_NEAR(moments[1], 0, 5 * std::sqrt(1.0 / kCount));
  EXPECT_NEAR(moments[2], 1, 5 * std::sqrt(2.0 / kCount));
  EXPECT_NEAR(moments[3], 0, 5 * std::sqrt(15.0 / kCount));
  EXPECT_NEAR(moments[4], 3, 5 * std::sqrt(96.0 / kCount));

  // Kolmogorov-Smirnov: the largest distance to the distribution; 1.95 / sqrt(n) is the 0.1 %
  // point.
  std::sort(noise.begin(), noise.end());
  double distance = 0;
  for (std::size_t i = 0; i < kCount; ++i) {
    const double expected = 0.5 * std::erfc(-static_cast<double>(noise[i]) / std::sqrt(2.0));
    distance = std::max({distance, std::abs(expected - static_cast<double>(i) / kCount),
                         std::abs(expected - static_cast<double>(i + 1) / kCount)});
  }
  EXPECT_LT(distance, 1.95 / std::sqrt(static_cast<double>(kCount)));
}

}  // namespace
}  // namespace weft
