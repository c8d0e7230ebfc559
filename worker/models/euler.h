// Euler's method on the ODE of Karras et al. 2022 (arXiv 2206.00364), algorithm 2 without churn:
//   x = picture + sigma * noise,  x_next = x + (x - x0) / sigma * (sigma_next - sigma).
// The last sigma_next is 0. With Karras sigmas, they run between the first and the last sigma of
// the spacing, and timesteps are those of the sigmas.

#pragma once

#include <memory>

#include "common/result.h"
#include "worker/models/noise_levels.h"
#include "worker/models/sampler.h"

namespace weft::models {

// REQUIRES: options that Sampler::Create() has checked.
// kInvalidArgument: the steps do not fit into the training steps.
Result<std::unique_ptr<Sampler>> CreateEuler(const NoiseLevels& levels,
                                             const NoiseScheduleConfig& config,
                                             const SamplerOptions& options);

}  // namespace weft::models
