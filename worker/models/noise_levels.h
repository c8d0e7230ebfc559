// How much noise each training step holds: the tables that every sampler reads.

#pragma once

#include <vector>

#include "common/result.h"
#include "worker/models/model_config.h"

namespace weft::models {

// Noise at a training step t: x = sqrt(a) * clean + sqrt(1 - a) * noise with a = alpha(t) (DDPM,
// Ho et al. 2020, eq. 4), or, divided by sqrt(a), x = clean + sigma * noise. The tables are float32
// as diffusers has them: at small t, 1 - a has few digits, and they have to be the same ones.
// Immutable.
class NoiseLevels {
 public:
  // kUnsupported: a beta schedule that is not built.
  // kInvalidArgument: betas that are not between 0 and 1.
  static Result<NoiseLevels> Create(const NoiseScheduleConfig& config);

  [[nodiscard]] int count() const { return static_cast<int>(alphas_.size()); }

  // Cumulative product of 1 - beta up to `timestep`, 0 .. count-1.
  [[nodiscard]] double alpha(int timestep) const;
  // sqrt((1 - a) / a); grows with the timestep.
  [[nodiscard]] double sigma(int timestep) const;

  // sigma between whole timesteps, linearly.
  [[nodiscard]] double SigmaAt(double timestep) const;
  // The timestep of a sigma, linear in log sigma, 0 .. count-1.
  [[nodiscard]] double TimestepOf(double sigma) const;

 private:
  NoiseLevels() = default;

  std::vector<float> alphas_;
  std::vector<float> sigmas_;
  std::vector<float> log_sigmas_;
};

// Karras et al. 2022 (arXiv 2206.00364), eq. 5 with rho 7: `steps` sigmas from largest to smallest.
std::vector<double> KarrasSigmas(double largest, double smallest, int steps);

}  // namespace weft::models
