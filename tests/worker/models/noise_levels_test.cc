#include "worker/models/noise_levels.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weft::models {
namespace {

NoiseLevels Levels(const std::string& schedule) {
  NoiseScheduleConfig config;
  config.beta_schedule = schedule;
  return NoiseLevels::Create(config).value();
}

TEST(NoiseLevels, GrowFromAlmostNoneToAlmostAll) {
  for (const char* schedule : {"scaled_linear", "linear", "squaredcos_cap_v2"}) {
    const NoiseLevels levels = Levels(schedule);
    ASSERT_EQ(levels.count(), 1000);
    EXPECT_LT(levels.sigma(0), 0.05);
    EXPECT_GT(levels.sigma(999), 10.0);
    for (int t = 1; t < levels.count(); ++t) {
      EXPECT_LT(levels.alpha(t), levels.alpha(t - 1));
      EXPECT_GT(levels.sigma(t), levels.sigma(t - 1));
    }
  }
}

TEST(NoiseLevels, AreTheProductOfWhatEachStepKeeps) {
  const NoiseLevels levels = Levels("scaled_linear");
  double product = 1.0;
  for (int t = 0; t < levels.count(); ++t) {
    const double root = std::sqrt(0.00085) + (std::sqrt(0.012) - std::sqrt(0.00085)) * t / 999.0;
    product *= 1.0 - root * root;
    EXPECT_NEAR(levels.alpha(t), product, 1e-6);
  }
}

TEST(NoiseLevels, TimestepsAndSigmasFindEachOther) {
  const NoiseLevels levels = Levels("scaled_linear");
  for (const int t : {0, 1, 500, 998, 999}) {
    EXPECT_DOUBLE_EQ(levels.SigmaAt(t), levels.sigma(t));
    EXPECT_NEAR(levels.TimestepOf(levels.sigma(t)), t, 1e-3);
  }
  EXPECT_DOUBLE_EQ(levels.SigmaAt(500.25), 0.75 * levels.sigma(500) + 0.25 * levels.sigma(501));
  EXPECT_EQ(levels.TimestepOf(0.0), 0.0);
  EXPECT_EQ(levels.TimestepOf(1e6), 999.0);
}

TEST(KarrasSigmas, RunFromTheLargestToTheSmallest) {
  const std::vector<double> sigmas = KarrasSigmas(14.6, 0.03, 5);
  ASSERT_EQ(sigmas.size(), 5U);
  EXPECT_NEAR(sigmas.front(), 14.6, 1e-9);
  EXPECT_NEAR(sigmas.back(), 0.03, 1e-9);
  // The seventh roots are evenly spaced.
  EXPECT_NEAR(2 * std::pow(sigmas[2], 1.0 / 7),
              std::pow(sigmas[1], 1.0 / 7) + std::pow(sigmas[3], 1.0 / 7), 1e-12);
  EXPECT_EQ(KarrasSigmas(14.6, 0.03, 1).size(), 1U);
}

}  // namespace
}  // namespace weft::models
