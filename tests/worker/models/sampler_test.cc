#include "worker/models/sampler.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weft::models {
namespace {

using ::testing::HasSubstr;

Latents Wave(int frames, double phase) {
  Latents latents{frames, 4, 3, 5, {}};
  for (std::size_t i = 0; i < static_cast<std::size_t>(frames) * latents.frame_size(); ++i) {
    latents.values.push_back(
        static_cast<float>(2.0 * std::sin(0.7 * static_cast<double>(i) + phase)));
  }
  return latents;
}

std::unique_ptr<Sampler> Make(const SamplerOptions& options,
                              const NoiseScheduleConfig& config = {}) {
  auto sampler = Sampler::Create(config, options);
  EXPECT_TRUE(sampler) << sampler.error().message();
  return std::move(sampler).value();
}

std::vector<double> TimestepsOf(const SamplerOptions& options) {
  const auto sampler = Make(options);
  std::vector<double> timesteps(static_cast<std::size_t>(sampler->steps()));
  for (std::size_t step = 0; step < timesteps.size(); ++step) {
    timesteps[step] = sampler->timestep(static_cast<int>(step));
  }
  return timesteps;
}

float LargestDifference(const Latents& a, const Latents& b) {
  float largest = a.values.size() == b.values.size() ? 0.0F : 1e9F;
  for (std::size_t i = 0; i < std::min(a.values.size(), b.values.size()); ++i) {
    largest = std::max(largest, std::abs(a.values[i] - b.values[i]));
  }
  return largest;
}

// A model that knows the picture and finds the noise, or the velocity, in what it sees.
Latents TrueOutput(const Sampler& sampler,
                   Prediction prediction,
                   const Latents& input,
                   const Latents& clean,
                   int step) {
  const double sigma = sampler.sigma(step);
  const double keep = 1.0 / std::hypot(sigma, 1.0);
  const double add = sigma * keep;
  Latents output = input;
  for (std::size_t i = 0; i < output.values.size(); ++i) {
    const double noise = (input.values[i] - keep * clean.values[i]) / add;
    const double velocity = keep * noise - add * clean.values[i];
    output.values[i] = static_cast<float>(prediction == Prediction::kEpsilon ? noise : velocity);
  }
  return output;
}

struct Case {
  const char* name;
  SamplerOptions options;
  Prediction prediction = Prediction::kEpsilon;
};

std::ostream& operator<<(std::ostream& out, const Case& shown) {
  return out << shown.name;
}

SamplerOptions Options(SamplerKind kind, TimestepSpacing spacing, bool karras = false) {
  return {.kind = kind, .steps = 10, .spacing = spacing, .karras_sigmas = karras};
}

constexpr auto kLeading = TimestepSpacing::kLeading;
constexpr auto kTrailing = TimestepSpacing::kTrailing;
constexpr auto kLinspace = TimestepSpacing::kLinspace;

// DDIM and PNDM step by train_steps / steps, which is not linspace's distance; the reference has it
// so. They are exact where both agree.
const Case kCases[] = {
    {"DdimLeading", Options(SamplerKind::kDdim, kLeading)},
    {"DdimTrailing", Options(SamplerKind::kDdim, kTrailing)},
    {"DdimVelocity", Options(SamplerKind::kDdim, kLeading), Prediction::kVelocity},
    {"EulerLeading", Options(SamplerKind::kEuler, kLeading)},
    {"EulerTrailing", Options(SamplerKind::kEuler, kTrailing)},
    {"EulerLinspace", Options(SamplerKind::kEuler, kLinspace)},
    {"EulerKarras", Options(SamplerKind::kEuler, kLinspace, true)},
    {"EulerVelocity", Options(SamplerKind::kEuler, kLinspace), Prediction::kVelocity},
    {"Dpmpp2mLeading", Options(SamplerKind::kDpmpp2m, kLeading)},
    {"Dpmpp2mTrailing", Options(SamplerKind::kDpmpp2m, kTrailing)},
    {"Dpmpp2mLinspace", Options(SamplerKind::kDpmpp2m, kLinspace)},
    {"Dpmpp2mKarras", Options(SamplerKind::kDpmpp2m, kLinspace, true)},
    {"Dpmpp2mVelocity", Options(SamplerKind::kDpmpp2m, kLinspace), Prediction::kVelocity},
};

const Case kPndmCases[] = {
    {"PndmLeading", Options(SamplerKind::kPndm, kLeading)},
    {"PndmTrailing", Options(SamplerKind::kPndm, kTrailing)},
};

class EverySampler : public ::testing::TestWithParam<Case> {
 protected:
  EverySampler() {
    NoiseScheduleConfig config;
    config.prediction = GetParam().prediction;
    sampler_ = Make(GetParam().options, config);
  }

  // From `first` to the end, with the noise of Wave(1, 2.0).
  [[nodiscard]] Latents Run(const Latents& clean, int first) const {
    Latents x = sampler_->AddNoise(clean, Wave(1, 2.0).values, first);
    StepMemory memory;
    for (int step = first; step < sampler_->steps(); ++step) {
      const Latents output = TrueOutput(*sampler_, GetParam().prediction,
                                        sampler_->ScaleModelInput(x, step), clean, step);
      x = sampler_->Step(x, output, step, {}, memory);
    }
    return x;
  }

  std::unique_ptr<Sampler> sampler_;
};

TEST_P(EverySampler, FindsThePictureWhoseNoiseTheModelTells) {
  const Latents clean = Wave(2, 0.0);
  const Latents expected =
      sampler_->AddNoise(clean, Wave(1, 2.0).values, sampler_->steps());  // What noise is left.
  EXPECT_LT(LargestDifference(Run(clean, 0), expected), 5e-4F);
}

// PNDM is not: pndm.h says what it does instead.
class SamplerFromAnyStep : public EverySampler {};

TEST_P(SamplerFromAnyStep, FindsThePictureFromThereOn) {
  const Latents clean = Wave(2, 0.0);
  const Latents expected = sampler_->AddNoise(clean, Wave(1, 2.0).values, sampler_->steps());
  for (int first = 1; first < sampler_->steps(); ++first) {
    EXPECT_LT(LargestDifference(Run(clean, first), expected), 5e-4F) << first;
  }
}

TEST_P(EverySampler, TreatsEachFrameAsIfItWereAlone) {
  const Latents together = Run(Wave(2, 0.0), 0);
  const std::size_t size = together.frame_size();
  Latents second = Wave(2, 0.0);
  second.frames = 1;
  second.values.erase(second.values.begin(),
                      second.values.begin() + static_cast<std::ptrdiff_t>(size));
  const Latents alone = Run(second, 0);
  EXPECT_TRUE(std::equal(alone.values.begin(), alone.values.end(),
                         together.values.begin() + static_cast<std::ptrdiff_t>(size)));
}

TEST_P(EverySampler, GoesOnFromAStoredMemory) {
  const Latents clean = Wave(1, 0.4);
  Latents x = Wave(1, 2.0);
  StepMemory memory;
  for (int step = 0; step < 4; ++step) {
    x = sampler_->Step(x, Wave(1, step), step, {}, memory);
  }
  StepMemory stored = memory;
  EXPECT_EQ(sampler_->Step(x, clean, 4, {}, memory), sampler_->Step(x, clean, 4, {}, stored));
}

TEST_P(EverySampler, ShowsTheModelUnitScale) {
  // Picture and noise of the same size, in every mixture: the squares of their weights sum to 1.
  const Latents one{1, 1, 1, 1, {1.0F}};
  for (int step = 0; step < sampler_->steps(); ++step) {
    const float keep =
        sampler_->ScaleModelInput(sampler_->AddNoise(one, {0.0F}, step), step).values[0];
    const float add =
        sampler_->ScaleModelInput(sampler_->AddNoise({1, 1, 1, 1, {0.0F}}, {1.0F}, step), step)
            .values[0];
    EXPECT_NEAR(keep * keep + add * add, 1.0F, 1e-6F);
  }
}

std::string NameOf(const ::testing::TestParamInfo<Case>& shown) {
  return shown.param.name;
}

INSTANTIATE_TEST_SUITE_P(Samplers, EverySampler, ::testing::ValuesIn(kCases), NameOf);
INSTANTIATE_TEST_SUITE_P(Pndm, EverySampler, ::testing::ValuesIn(kPndmCases), NameOf);
INSTANTIATE_TEST_SUITE_P(Samplers, SamplerFromAnyStep, ::testing::ValuesIn(kCases), NameOf);

// Pictures of independent normal values of this deviation. Their noise is known exactly, and so is
// the path: x grows as the square root of deviation^2 + sigma^2.
constexpr double kDeviation = 0.7;

double PathError(const SamplerOptions& options) {
  const auto sampler = Make(options);
  Latents x = sampler->AddNoise({1, 1, 1, 1, {0.0F}}, {1.0F}, 0);
  StepMemory memory;
  for (int step = 0; step < sampler->steps(); ++step) {
    const double sigma = sampler->sigma(step);
    const double share = sigma / std::hypot(sigma, kDeviation);
    Latents output = sampler->ScaleModelInput(x, step);
    output.values[0] *= static_cast<float>(share * share * std::hypot(sigma, 1.0) / sigma);
    x = sampler->Step(x, output, step, {}, memory);
  }
  const double first = sampler->sigma(0);
  return std::abs(x.values[0] - first * kDeviation / std::hypot(first, kDeviation));
}

TEST(Sampler, FollowsTheExactPathBetterWithMoreStepsAndHigherOrder) {
  const auto error = [](SamplerKind kind, int steps) {
    return PathError({.kind = kind, .steps = steps, .karras_sigmas = true});
  };
  // First order: twice the steps, half the error. Second order: less than a third.
  EXPECT_NEAR(error(SamplerKind::kEuler, 40) / error(SamplerKind::kEuler, 80), 2.0, 0.2);
  EXPECT_GT(error(SamplerKind::kDpmpp2m, 20) / error(SamplerKind::kDpmpp2m, 40), 3.0);
  EXPECT_LT(error(SamplerKind::kDpmpp2m, 40), error(SamplerKind::kEuler, 40) / 3.0);
  EXPECT_LT(error(SamplerKind::kEuler, 160), 0.01);
}

TEST(Sampler, PlacesTimestepsAsTheReferenceDoes) {
  using Kind = SamplerKind;
  EXPECT_THAT(TimestepsOf({.kind = Kind::kDdim, .steps = 4}),
              testing::ElementsAre(751, 501, 251, 1));
  EXPECT_THAT(TimestepsOf({.kind = Kind::kDdim, .steps = 4, .spacing = kTrailing}),
              testing::ElementsAre(999, 749, 499, 249));
  EXPECT_THAT(TimestepsOf({.kind = Kind::kDdim, .steps = 4, .spacing = kLinspace}),
              testing::ElementsAre(999, 666, 333, 0));
  EXPECT_THAT(TimestepsOf({.kind = Kind::kEuler, .steps = 3}), testing::ElementsAre(999, 499.5, 0));
  EXPECT_THAT(TimestepsOf({.kind = Kind::kDpmpp2m, .steps = 3}),
              testing::ElementsAre(999, 666, 333));
  EXPECT_THAT(TimestepsOf({.kind = Kind::kDpmpp2m, .steps = 4, .spacing = kLeading}),
              testing::ElementsAre(801, 601, 401, 201));
  EXPECT_THAT(TimestepsOf({.kind = Kind::kPndm, .steps = 4}),
              testing::ElementsAre(751, 501, 501, 251, 1));
  EXPECT_THAT(TimestepsOf({.kind = Kind::kPndm, .steps = 1}), testing::ElementsAre(1));
}

TEST(Sampler, TakesTheModelsSpacingWhereTheJobNamesNone) {
  NoiseScheduleConfig config;
  config.timestep_spacing = kTrailing;
  EXPECT_EQ(Make({.steps = 4}, config)->timestep(0), 999);
  EXPECT_EQ(Make({.steps = 4, .spacing = kLeading}, config)->timestep(0), 751);
}

TEST(Sampler, ChangingNothingBetweenTheHalvesOfAStepChangesNothing) {
  for (const double eta : {0.0, 1.0}) {
    const auto sampler = Make({.steps = 10, .eta = eta});
    const auto split = sampler->Split();
    ASSERT_TRUE(split);
    const Latents x = Wave(2, 0.3);
    const Latents output = Wave(2, 1.1);
    const std::vector<float> noise = Wave(1, 0.9).values;
    for (int step = 0; step < 10; ++step) {
      StepMemory memory;
      EXPECT_EQ(sampler->Step(x, output, step, noise, memory),
                (*split)->StepFromClean(x, (*split)->PredictClean(x, output, step), step, noise));
    }
  }
}

TEST(Sampler, OnlyDdimSplitsItsSteps) {
  for (const SamplerKind kind : {SamplerKind::kEuler, SamplerKind::kDpmpp2m, SamplerKind::kPndm}) {
    const auto split = Make({.kind = kind})->Split();
    ASSERT_FALSE(split);
    EXPECT_EQ(split.error().code(), ErrorCode::kUnsupported);
    EXPECT_THAT(split.error().message(), HasSubstr(Name(kind)));
    EXPECT_THAT(split.error().message(), HasSubstr("DDIM"));
  }
}

TEST(Sampler, EndsAtExactlyTheCleanFrameWhereNoNoiseIsLeft) {
  NoiseScheduleConfig config;
  config.set_alpha_to_one = true;
  const auto sampler = Make({.steps = 5, .eta = 1.0}, config);
  const Latents clean = Wave(1, 0.5);
  EXPECT_EQ((*sampler->Split())->StepFromClean(Wave(1, 0.1), clean, 4, Wave(1, 0.0).values), clean);
}

TEST(Sampler, EtaAddsTheSameNoiseToEveryFrame) {
  const auto sampler = Make({.steps = 5, .eta = 1.0});
  EXPECT_TRUE(sampler->adds_noise());
  EXPECT_FALSE(Make({.steps = 5})->adds_noise());
  const Latents x = Wave(2, 0.3);
  const Latents output = Wave(2, 1.1);
  const std::vector<float> none(x.frame_size(), 0.0F);
  StepMemory memory;
  const Latents with = sampler->Step(x, output, 1, Wave(1, 0.9).values, memory);
  const Latents without = sampler->Step(x, output, 1, none, memory);
  // Step 1 of 5 leads from training step 601 to 401; eq. 16.
  const double s = std::hypot(1.0, sampler->sigma(1));
  const double p = std::hypot(1.0, sampler->sigma(2));
  const double deviation =
      (sampler->sigma(2) / p) / (sampler->sigma(1) / s) * std::sqrt(1.0 - p * p / (s * s));
  for (std::size_t i = 0; i < with.values.size(); ++i) {
    const double noise = Wave(1, 0.9).values[i % x.frame_size()];
    EXPECT_NEAR(with.values[i] - without.values[i], deviation * noise, 1e-5);
  }
}

TEST(Sampler, RefusesWhatItCannotDo) {
  const auto code = [](const SamplerOptions& options, const NoiseScheduleConfig& config = {}) {
    return Sampler::Create(config, options).error().code();
  };
  EXPECT_EQ(code({.steps = 0}), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code({.steps = 1001}), ErrorCode::kInvalidArgument);
  // Leading spacing with offset 1 would need timestep 1000.
  EXPECT_EQ(code({.steps = 1000}), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code({.kind = SamplerKind::kDpmpp2m, .steps = 1000}), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code({.eta = 1.5}), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code({.eta = std::nan("")}), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code({.kind = SamplerKind::kEuler, .eta = 0.5}), ErrorCode::kUnsupported);
  EXPECT_EQ(code({.karras_sigmas = true}), ErrorCode::kUnsupported);
  EXPECT_EQ(code({.kind = SamplerKind::kPndm, .karras_sigmas = true}), ErrorCode::kUnsupported);
  EXPECT_EQ(code({.ends_at_smallest_sigma = true}), ErrorCode::kUnsupported);
  NoiseScheduleConfig config;
  config.beta_schedule = "sigmoid";
  EXPECT_EQ(code({}, config), ErrorCode::kUnsupported);
  config = {};
  config.beta_end = 1.5;
  EXPECT_EQ(code({}, config), ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace weft::models
