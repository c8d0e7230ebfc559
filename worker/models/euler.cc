#include "worker/models/euler.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "worker/models/latent_sum.h"
#include "worker/models/timestep_grid.h"

namespace weft::models {
namespace {

class Euler final : public Sampler {
 public:
  explicit Euler(Schedule schedule) : Sampler(std::move(schedule)) {}

  static Result<std::unique_ptr<Sampler>> Create(const NoiseLevels& levels,
                                                 const NoiseScheduleConfig& config,
                                                 const SamplerOptions& options);

  Latents Step(const Latents& x,
               const Latents& output,
               int step,
               const std::vector<float>& /*noise*/,
               StepMemory& memory) const override {
    ++memory.taken;
    const double shrinks = sigma(step + 1) / sigma(step);
    return Sum({{shrinks, x}, {1.0 - shrinks, CleanOf(x, output, step)}});
  }
  [[nodiscard]] Result<const SplitSteps*> Split() const override {
    return CannotSplit(SamplerKind::kEuler);
  }
};

Result<std::unique_ptr<Sampler>> Euler::Create(const NoiseLevels& levels,
                                               const NoiseScheduleConfig& config,
                                               const SamplerOptions& options) {
  const TimestepSpacing spacing =
      options.spacing.value_or(config.timestep_spacing.value_or(TimestepSpacing::kLinspace));
  std::vector<double> timesteps =
      Timesteps({spacing, config.train_steps, options.steps, config.steps_offset});
  WEFT_RETURN_IF_ERROR(CheckDistinct(timesteps, options.steps, config.train_steps));
  std::vector<double> sigmas;
  for (double& timestep : timesteps) {
    timestep = static_cast<float>(timestep);
    sigmas.push_back(levels.SigmaAt(timestep));
  }
  if (options.karras_sigmas) {
    sigmas = KarrasSigmas(sigmas.front(), sigmas.back(), options.steps);
    std::transform(sigmas.begin(), sigmas.end(), timesteps.begin(),
                   [&](double sigma) { return levels.TimestepOf(sigma); });
  }
  Schedule schedule{.prediction = config.prediction};
  for (std::size_t i = 0; i < sigmas.size(); ++i) {
    schedule.levels.push_back({timesteps[i], 1.0, static_cast<float>(sigmas[i])});
  }
  schedule.levels.push_back({0.0, 1.0, options.ends_at_smallest_sigma ? levels.sigma(0) : 0.0});
  const double largest = schedule.levels.front().noise;
  // Leading schedules begin below full noise; then picture and noise share what is left.
  schedule.initial_sigma =
      spacing == TimestepSpacing::kLeading ? std::hypot(largest, 1.0) : largest;
  return std::make_unique<Euler>(std::move(schedule));
}

}  // namespace

Result<std::unique_ptr<Sampler>> CreateEuler(const NoiseLevels& levels,
                                             const NoiseScheduleConfig& config,
                                             const SamplerOptions& options) {
  return Euler::Create(levels, config, options);
}

}  // namespace weft::models
