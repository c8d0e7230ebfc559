#include "worker/models/ddim.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weft::models {
namespace {

Latents Wave(int frames, double phase) {
  Latents latents{frames, 4, 3, 5, {}};
  for (std::size_t i = 0; i < static_cast<std::size_t>(frames) * latents.frame_size(); ++i) {
    latents.values.push_back(
        static_cast<float>(2.0 * std::sin(0.7 * static_cast<double>(i) + phase)));
  }
  return latents;
}

// Cumulative product of 1 - beta of the default schedule, by its definition.
double Alpha(int timestep) {
  double product = 1.0;
  for (int k = 0; k <= timestep; ++k) {
    const double root = std::sqrt(0.00085) + (std::sqrt(0.012) - std::sqrt(0.00085)) * k / 999.0;
    product *= 1.0 - root * root;
  }
  return product;
}

std::vector<int> TimestepsOf(const std::string& spacing, int steps) {
  NoiseScheduleConfig config;
  config.timestep_spacing = spacing;
  const auto ddim = Ddim::Create(config, steps);
  std::vector<int> timesteps;
  for (int step = 0; step < steps; ++step) {
    timesteps.push_back(ddim->timestep(step));
  }
  return timesteps;
}

TEST(Ddim, SpacesTimestepsAsTheReferenceDoes) {
  EXPECT_EQ(TimestepsOf("leading", 4), (std::vector<int>{751, 501, 251, 1}));
  EXPECT_EQ(TimestepsOf("trailing", 4), (std::vector<int>{999, 749, 499, 249}));
  EXPECT_EQ(TimestepsOf("linspace", 4), (std::vector<int>{999, 666, 333, 0}));
}

TEST(Ddim, SmoothingNothingChangesNothing) {
  for (const Prediction prediction : {Prediction::kEpsilon, Prediction::kVelocity}) {
    NoiseScheduleConfig config;
    config.prediction = prediction;
    const auto ddim = Ddim::Create(config, 10);
    ASSERT_TRUE(ddim);
    const Latents noisy = Wave(2, 0.3);
    const Latents output = Wave(2, 1.1);
    for (int step = 0; step < 10; ++step) {
      const double a = Alpha(ddim->timestep(step));
      const double prev = Alpha(std::max(ddim->timestep(step) - 100, 0));
      const Latents stepped = ddim->Step(noisy, ddim->PredictClean(noisy, output, step), step);
      for (std::size_t i = 0; i < stepped.values.size(); ++i) {
        const double x = noisy.values[i];
        const double eps = prediction == Prediction::kEpsilon
                               ? output.values[i]
                               : std::sqrt(a) * output.values[i] + std::sqrt(1.0 - a) * x;
        // DDIM's step in the algebra that never forms x0.
        const double plain = x * std::sqrt(prev / a) +
                             eps * (std::sqrt(1.0 - prev) - std::sqrt(prev * (1.0 - a) / a));
        EXPECT_NEAR(stepped.values[i], plain, 5e-6 * std::max(1.0, std::abs(plain)));
      }
    }
  }
}

TEST(Ddim, ReachesACleanFrameFromItsOwnNoise) {
  const auto ddim = Ddim::Create({}, 10);
  const Latents clean = Wave(3, 0.0);
  const std::vector<float> noise = Wave(1, 2.0).values;
  const Latents noisy = ddim->AddNoise(clean, noise, 4);
  // The true noise as the model's output gives back the frame.
  Latents output = noisy;
  for (std::size_t i = 0; i < output.values.size(); ++i) {
    output.values[i] = noise[i % noise.size()];
  }
  const Latents found = ddim->PredictClean(noisy, output, 4);
  // And the step leads to the same frame at the next step's noise.
  const Latents next = ddim->Step(noisy, found, 4);
  const Latents expected = ddim->AddNoise(clean, noise, 5);
  for (std::size_t i = 0; i < clean.values.size(); ++i) {
    EXPECT_NEAR(found.values[i], clean.values[i], 2e-5);
    EXPECT_NEAR(next.values[i], expected.values[i], 2e-5);
  }
}

TEST(Ddim, GivesEveryFrameTheSameNoise) {
  const auto ddim = Ddim::Create({}, 5);
  Latents clean = Wave(2, 0.0);
  const std::size_t size = clean.frame_size();
  std::copy_n(clean.values.begin(), size, clean.values.begin() + static_cast<std::ptrdiff_t>(size));
  const Latents noisy = ddim->AddNoise(clean, Wave(1, 1.0).values, 0);
  EXPECT_TRUE(std::equal(noisy.values.begin(),
                         noisy.values.begin() + static_cast<std::ptrdiff_t>(size),
                         noisy.values.begin() + static_cast<std::ptrdiff_t>(size)));
}

TEST(Ddim, EndsAtExactlyTheCleanFrameWhereTheLastAlphaIsOne) {
  NoiseScheduleConfig config;
  config.set_alpha_to_one = true;
  const auto ddim = Ddim::Create(config, 5);
  const Latents clean = Wave(1, 0.5);
  EXPECT_EQ(ddim->Step(Wave(1, 0.1), clean, 4), clean);
}

TEST(Ddim, RefusesWhatDoesNotFitTheSchedule) {
  EXPECT_EQ(Ddim::Create({}, 0).error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(Ddim::Create({}, 1001).error().code(), ErrorCode::kInvalidArgument);
  // Leading spacing with offset 1 would need timestep 1000.
  EXPECT_EQ(Ddim::Create({}, 1000).error().code(), ErrorCode::kInvalidArgument);
  NoiseScheduleConfig config;
  config.timestep_spacing = "sideways";
  EXPECT_EQ(Ddim::Create(config, 5).error().code(), ErrorCode::kUnsupported);
  config = {};
  config.beta_schedule = "squaredcos_cap_v2";
  EXPECT_EQ(Ddim::Create(config, 5).error().code(), ErrorCode::kUnsupported);
}

}  // namespace
}  // namespace weft::models
