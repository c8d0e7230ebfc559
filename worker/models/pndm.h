// PNDM (Liu et al. 2022, arXiv 2202.09778) without its Runge-Kutta steps: the transfer of eq. 11
// with the linear multistep outputs of eq. 12, begun by lower orders.
//
// The second step of a run repeats the first from where it began, with the mean of both outputs.
// Image-to-image takes the tail of the list of calls as it is, so from the third call on a run that
// begins after call 1 takes x to be one timestep further than it is; diffusers does the same.

#pragma once

#include <memory>

#include "common/result.h"
#include "worker/models/noise_levels.h"
#include "worker/models/sampler.h"

namespace weft::models {

// REQUIRES: options that Sampler::Create() has checked.
// kInvalidArgument: the steps do not fit into the training steps.
Result<std::unique_ptr<Sampler>> CreatePndm(const NoiseLevels& levels,
                                            const NoiseScheduleConfig& config,
                                            const SamplerOptions& options);

}  // namespace weft::models
