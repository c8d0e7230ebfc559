#include "worker/models/dpmpp_2m.h"

#include <cmath>
#include <utility>

#include "worker/models/latent_sum.h"
#include "worker/models/timestep_grid.h"

namespace weft::models {
namespace {

class Dpmpp2m final : public Sampler {
 public:
  explicit Dpmpp2m(Schedule schedule) : Sampler(std::move(schedule)) {}

  static Result<std::unique_ptr<Sampler>> Create(const NoiseLevels& levels,
                                                 const NoiseScheduleConfig& config,
                                                 const SamplerOptions& options);

  Latents Step(const Latents& x,
               const Latents& output,
               int step,
               const std::vector<float>& noise,
               StepMemory& memory) const override;
  [[nodiscard]] Result<const SplitSteps*> Split() const override {
    return CannotSplit(SamplerKind::kDpmpp2m);
  }

 private:
  [[nodiscard]] bool IsFirstOrder(int step) const {
    constexpr int kStepsForSecondOrderEnd = 15;
    return step + 1 == steps() && (sigma(steps()) == 0.0 || steps() < kStepsForSecondOrderEnd);
  }
};

// The timesteps of a spacing, before any Karras sigmas.
std::vector<double> SpacedTimesteps(TimestepSpacing spacing,
                                    const NoiseScheduleConfig& config,
                                    int steps) {
  if (spacing == TimestepSpacing::kTrailing) {
    return Timesteps({spacing, config.train_steps, steps, config.steps_offset});
  }
  std::vector<double> timesteps =
      Rounded(Timesteps({spacing, config.train_steps, steps + 1, config.steps_offset}));
  timesteps.pop_back();
  return timesteps;
}

Result<std::unique_ptr<Sampler>> Dpmpp2m::Create(const NoiseLevels& levels,
                                                 const NoiseScheduleConfig& config,
                                                 const SamplerOptions& options) {
  const TimestepSpacing spacing =
      options.spacing.value_or(config.timestep_spacing.value_or(TimestepSpacing::kLinspace));
  std::vector<double> timesteps = SpacedTimesteps(spacing, config, options.steps);
  std::vector<double> sigmas;
  if (options.karras_sigmas) {
    sigmas = KarrasSigmas(levels.sigma(levels.count() - 1), levels.sigma(0), options.steps);
    for (std::size_t i = 0; i < sigmas.size(); ++i) {
      timesteps[i] = std::nearbyint(levels.TimestepOf(sigmas[i]));
    }
  } else {
    WEFT_RETURN_IF_ERROR(CheckDistinct(timesteps, options.steps, config.train_steps));
    for (const double timestep : timesteps) {
      sigmas.push_back(levels.sigma(static_cast<int>(timestep)));
    }
  }
  timesteps.push_back(0.0);
  sigmas.push_back(options.ends_at_smallest_sigma ? levels.sigma(0) : 0.0);
  Schedule schedule{.prediction = config.prediction};
  for (std::size_t i = 0; i < sigmas.size(); ++i) {
    const double sigma = static_cast<float>(sigmas[i]);
    const double size = std::hypot(sigma, 1.0);
    schedule.levels.push_back({timesteps[i], 1.0 / size, sigma / size});
  }
  return std::make_unique<Dpmpp2m>(std::move(schedule));
}

Latents Dpmpp2m::Step(const Latents& x,
                      const Latents& output,
                      int step,
                      const std::vector<float>& /*noise*/,
                      StepMemory& memory) const {
  Latents clean = CleanOf(x, output, step);
  const double from_x = At(step + 1).noise / At(step).noise;
  // exp(-h) of the paper is the quotient of the sigmas.
  const double from_clean = At(step + 1).clean * (1.0 - sigma(step + 1) / sigma(step));
  Latents next;
  if (memory.past.empty() || IsFirstOrder(step)) {
    next = Sum({{from_x, x}, {from_clean, clean}});
  } else {
    const double h = std::log(sigma(step) / sigma(step + 1));
    const double h_before = std::log(sigma(step - 1) / sigma(step));
    const double slope = 0.5 * h / h_before;
    next = Sum({{from_x, x},
                {from_clean * (1.0 + slope), clean},
                {-from_clean * slope, memory.past.back()}});
  }
  memory.past.clear();
  memory.past.push_back(std::move(clean));
  ++memory.taken;
  return next;
}

}  // namespace

Result<std::unique_ptr<Sampler>> CreateDpmpp2m(const NoiseLevels& levels,
                                               const NoiseScheduleConfig& config,
                                               const SamplerOptions& options) {
  return Dpmpp2m::Create(levels, config, options);
}

}  // namespace weft::models
