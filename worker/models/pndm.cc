#include "worker/models/pndm.h"

#include <cmath>
#include <utility>

#include "worker/models/latent_sum.h"
#include "worker/models/timestep_grid.h"

namespace weft::models {
namespace {

class Pndm final : public Sampler {
 public:
  Pndm(Schedule schedule, NoiseLevels levels, int stride, double last_alpha)
      : Sampler(std::move(schedule)),
        levels_(std::move(levels)),
        stride_(stride),
        last_alpha_(last_alpha) {}

  static Result<std::unique_ptr<Sampler>> Create(const NoiseLevels& levels,
                                                 const NoiseScheduleConfig& config,
                                                 const SamplerOptions& options);

  Latents Step(const Latents& x,
               const Latents& output,
               int step,
               const std::vector<float>& noise,
               StepMemory& memory) const override;
  [[nodiscard]] Result<const SplitSteps*> Split() const override {
    return CannotSplit(SamplerKind::kPndm);
  }

 private:
  [[nodiscard]] Latents Transfer(const Latents& x, const Latents& output, int from) const;

  NoiseLevels levels_;
  int stride_;  // Training steps from one timestep to the next.
  double last_alpha_;
};

Result<std::unique_ptr<Sampler>> Pndm::Create(const NoiseLevels& levels,
                                              const NoiseScheduleConfig& config,
                                              const SamplerOptions& options) {
  const TimestepSpacing spacing =
      options.spacing.value_or(config.timestep_spacing.value_or(TimestepSpacing::kLeading));
  std::vector<double> timesteps =
      Rounded(Timesteps({spacing, config.train_steps, options.steps, config.steps_offset}));
  WEFT_RETURN_IF_ERROR(CheckDistinct(timesteps, options.steps, config.train_steps));
  if (timesteps.size() > 1) {
    timesteps.insert(timesteps.begin() + 1, timesteps[1]);
  }
  Schedule schedule{.prediction = config.prediction};
  for (const double timestep : timesteps) {
    const double alpha = levels.alpha(static_cast<int>(timestep));
    schedule.levels.push_back({timestep, std::sqrt(alpha), std::sqrt(1.0 - alpha)});
  }
  const double last_alpha = config.set_alpha_to_one ? 1.0 : levels.alpha(0);
  schedule.levels.push_back({0.0, std::sqrt(last_alpha), std::sqrt(1.0 - last_alpha)});
  return std::make_unique<Pndm>(std::move(schedule), levels, config.train_steps / options.steps,
                                last_alpha);
}

// The output that the linear multistep method takes: Adams-Bashforth of as high an order as there
// are outputs, up to 4.
Latents Multistep(const std::vector<Latents>& past) {
  const auto back = past.rbegin();
  switch (past.size()) {
    case 1:
      return back[0];
    case 2:
      return Sum({{3.0 / 2.0, back[0]}, {-1.0 / 2.0, back[1]}});
    case 3:
      return Sum({{23.0 / 12.0, back[0]}, {-16.0 / 12.0, back[1]}, {5.0 / 12.0, back[2]}});
    default:
      return Sum({{55.0 / 24.0, back[0]},
                  {-59.0 / 24.0, back[1]},
                  {37.0 / 24.0, back[2]},
                  {-9.0 / 24.0, back[3]}});
  }
}

Latents Pndm::Step(const Latents& x,
                   const Latents& output,
                   int step,
                   const std::vector<float>& /*noise*/,
                   StepMemory& memory) const {
  const int timestep = static_cast<int>(At(step).timestep);
  const int taken = memory.taken++;
  if (taken == 1) {
    const Latents start = std::exchange(memory.start, {});
    return Transfer(start, Sum({{0.5, output}, {0.5, memory.past.back()}}), timestep + stride_);
  }
  if (taken == 0) {
    memory.start = x;
  }
  constexpr std::size_t kPastMax = 4;
  if (memory.past.size() == kPastMax) {
    memory.past.erase(memory.past.begin());
  }
  memory.past.push_back(output);
  return Transfer(x, Multistep(memory.past), timestep);
}

// Eq. 11, from training step `from` to the one a stride before.
Latents Pndm::Transfer(const Latents& x, const Latents& output, int from) const {
  const double alpha = levels_.alpha(from);
  const double after = from < stride_ ? last_alpha_ : levels_.alpha(from - stride_);
  const double scale = std::sqrt(after / alpha);
  const double from_noise =
      (alpha - after) / (alpha * std::sqrt(1.0 - after) + std::sqrt(alpha * (1.0 - alpha) * after));
  if (prediction() == Prediction::kEpsilon) {
    return Sum({{scale, x}, {from_noise, output}});
  }
  // The noise of a velocity: sqrt(alpha) * v + sqrt(1 - alpha) * x.
  return Sum(
      {{scale + from_noise * std::sqrt(1.0 - alpha), x}, {from_noise * std::sqrt(alpha), output}});
}

}  // namespace

Result<std::unique_ptr<Sampler>> CreatePndm(const NoiseLevels& levels,
                                            const NoiseScheduleConfig& config,
                                            const SamplerOptions& options) {
  return Pndm::Create(levels, config, options);
}

}  // namespace weft::models
