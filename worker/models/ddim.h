// DDIM (Song et al. 2020, arXiv 2010.02502), eq. 12 with the sigma of eq. 16 times eta:
//   x_prev = sqrt(a_prev) x0 + sqrt(1 - a_prev - s^2) eps + s * noise,
//   s = eta * sqrt((1 - a_prev) / (1 - a)) * sqrt(1 - a / a_prev).
// a_prev belongs to train_steps / steps training steps before; below 0, it is that of step 0, or 1
// with set_alpha_to_one.
//
// Its steps split: from a changed x0, eps = (x - sqrt(a) x0) / sqrt(1 - a); x_prev is exactly x0
// where a_prev is 1.

#pragma once

#include <memory>

#include "common/result.h"
#include "worker/models/noise_levels.h"
#include "worker/models/sampler.h"

namespace weft::models {

// REQUIRES: options that Sampler::Create() has checked.
// kInvalidArgument: the steps do not fit into the training steps.
Result<std::unique_ptr<Sampler>> CreateDdim(const NoiseLevels& levels,
                                            const NoiseScheduleConfig& config,
                                            const SamplerOptions& options);

}  // namespace weft::models
