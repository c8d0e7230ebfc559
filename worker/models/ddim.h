// DDIM (Song et al. 2020, arXiv 2010.02502), eta 0: plain float32 arithmetic on the host, so every
// device takes the same step from the same prediction.

#pragma once

#include <cstdint>
#include <vector>

#include "common/result.h"
#include "worker/frame/latents.h"
#include "worker/models/model_config.h"

namespace weft::models {

// One schedule of `steps` steps. Step indices count from 0 (the noisiest). Immutable; any thread.
class Ddim {
 public:
  // kInvalidArgument: no steps, or more than train_steps.  kUnsupported: a spacing or beta schedule
  // that is not built.
  static Result<Ddim> Create(const NoiseScheduleConfig& config, int steps);

  [[nodiscard]] int steps() const { return static_cast<int>(timesteps_.size()); }
  [[nodiscard]] int timestep(int step) const;

  // x_t = sqrt(a_t) * clean + sqrt(1 - a_t) * noise (eq. 4 of DDPM), at the timestep of `step`.
  // noise: as many values as one frame of `clean`; every frame gets the same.
  [[nodiscard]] Latents AddNoise(const Latents& clean,
                                 const std::vector<float>& noise,
                                 int step) const;

  // x0 = (x_t - sqrt(1 - a_t) * eps) / sqrt(a_t); from a velocity, sqrt(a_t) x_t - sqrt(1 - a_t) v.
  [[nodiscard]] Latents PredictClean(const Latents& noisy, const Latents& output, int step) const;

  // The step from x_t, given x0 (as predicted, or as smoothed): eps' = (x_t - sqrt(a_t) x0) /
  // sqrt(1 - a_t), x_prev = sqrt(a_prev) x0 + sqrt(1 - a_prev) eps' (eq. 12 with sigma 0); exactly
  // x0 where a_prev is 1.
  [[nodiscard]] Latents Step(const Latents& noisy, const Latents& clean, int step) const;

 private:
  Ddim() = default;

  std::vector<int> timesteps_;
  std::vector<double> alpha_;       // Cumulative product at each step's timestep.
  std::vector<double> alpha_prev_;  // At the timestep the step leads to.
  Prediction prediction_ = Prediction::kEpsilon;
};

}  // namespace weft::models
