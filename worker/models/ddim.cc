#include "worker/models/ddim.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "worker/models/latent_sum.h"
#include "worker/models/timestep_grid.h"

namespace weft::models {
namespace {

class Ddim final : public Sampler, public SplitSteps {
 public:
  // alphas_after: where each step leads.
  Ddim(Schedule schedule, std::vector<double> alphas_after, double eta)
      : Sampler(std::move(schedule)), alphas_after_(std::move(alphas_after)), eta_(eta) {}

  static Result<std::unique_ptr<Sampler>> Create(const NoiseLevels& levels,
                                                 const NoiseScheduleConfig& config,
                                                 const SamplerOptions& options);

  Latents Step(const Latents& x,
               const Latents& output,
               int step,
               const std::vector<float>& noise,
               StepMemory& memory) const override {
    ++memory.taken;
    return StepFromClean(x, PredictClean(x, output, step), step, noise);
  }
  [[nodiscard]] Result<const SplitSteps*> Split() const override { return this; }
  [[nodiscard]] Latents PredictClean(const Latents& x,
                                     const Latents& output,
                                     int step) const override {
    return CleanOf(x, output, step);
  }
  [[nodiscard]] Latents StepFromClean(const Latents& x,
                                      const Latents& clean,
                                      int step,
                                      const std::vector<float>& noise) const override;

 private:
  std::vector<double> alphas_after_;
  double eta_;
};

Result<std::unique_ptr<Sampler>> Ddim::Create(const NoiseLevels& levels,
                                              const NoiseScheduleConfig& config,
                                              const SamplerOptions& options) {
  const TimestepSpacing spacing =
      options.spacing.value_or(config.timestep_spacing.value_or(TimestepSpacing::kLeading));
  const std::vector<double> timesteps =
      Rounded(Timesteps({spacing, config.train_steps, options.steps, config.steps_offset}));
  WEFT_RETURN_IF_ERROR(CheckDistinct(timesteps, options.steps, config.train_steps));
  Schedule schedule{.prediction = config.prediction, .adds_noise = options.eta > 0.0};
  std::vector<double> alphas_after;
  for (const double timestep : timesteps) {
    const double alpha = levels.alpha(static_cast<int>(timestep));
    schedule.levels.push_back({timestep, std::sqrt(alpha), std::sqrt(1.0 - alpha)});
    const int after = static_cast<int>(timestep) - config.train_steps / options.steps;
    const double last = config.set_alpha_to_one ? 1.0 : levels.alpha(0);
    alphas_after.push_back(after < 0 ? last : levels.alpha(after));
  }
  schedule.levels.push_back(
      {0.0, std::sqrt(alphas_after.back()), std::sqrt(1.0 - alphas_after.back())});
  return std::make_unique<Ddim>(std::move(schedule), std::move(alphas_after), options.eta);
}

Latents Ddim::StepFromClean(const Latents& x,
                            const Latents& clean,
                            int step,
                            const std::vector<float>& noise) const {
  const double after = alphas_after_.at(static_cast<std::size_t>(step));
  if (after == 1.0) {
    return clean;
  }
  const double alpha = At(step).clean * At(step).clean;
  const double variance =
      eta_ * eta_ * (1.0 - after) / (1.0 - alpha) * std::max(1.0 - alpha / after, 0.0);
  // eps put into the sum: one rounding less, and nothing to cancel where 1 - alpha is small.
  const double from_x = std::sqrt(std::max(1.0 - after - variance, 0.0)) / At(step).noise;
  Latents next = Sum({{from_x, x}, {std::sqrt(after) - from_x * At(step).clean, clean}});
  if (variance > 0.0) {
    AddToEveryFrame(std::sqrt(variance), noise, next);
  }
  return next;
}

}  // namespace

Result<std::unique_ptr<Sampler>> CreateDdim(const NoiseLevels& levels,
                                            const NoiseScheduleConfig& config,
                                            const SamplerOptions& options) {
  return Ddim::Create(levels, config, options);
}

}  // namespace weft::models
