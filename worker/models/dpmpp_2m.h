// DPM-Solver++ (Lu et al. 2022, arXiv 2211.01095), algorithm 2: second order, multistep, midpoint.
// A run's first step is of first order, and so is the schedule's last where it ends without noise
// or has fewer than 15 steps.
//
// leading and linspace space one point more than there are steps, and leave out the lowest. Karras
// sigmas run over all training steps whatever the spacing; their timesteps are rounded.

#pragma once

#include <memory>

#include "common/result.h"
#include "worker/models/noise_levels.h"
#include "worker/models/sampler.h"

namespace weft::models {

// REQUIRES: options that Sampler::Create() has checked.
// kInvalidArgument: the steps do not fit into the training steps.
Result<std::unique_ptr<Sampler>> CreateDpmpp2m(const NoiseLevels& levels,
                                               const NoiseScheduleConfig& config,
                                               const SamplerOptions& options);

}  // namespace weft::models
