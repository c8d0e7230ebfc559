// The sampler that a case asks for, and where the case starts in it.

#pragma once

#include <memory>

#include <nlohmann/json.hpp>

#include "common/result.h"
#include "worker/models/sampler.h"

namespace weft::golden {

// What a case says of its sampler.
struct SamplerCase {
  nlohmann::json scheduler;  // "ddim", "euler", "dpmpp2m" or "pndm".
  nlohmann::json overrides;  // Of the scheduler's constructor; null: none.
  int steps = 0;
  double eta = 0.0;
};

// schedule: what the overrides change.
// kUnsupported: a scheduler, or an override, that Weft does not have.
Result<std::unique_ptr<models::Sampler>> SamplerOf(const SamplerCase& wanted,
                                                   models::NoiseScheduleConfig schedule);

// The first step of image-to-image: int(steps * strength) steps are left of `steps`, which are
// those that the case counts.
int FirstStep(int steps, double strength);

}  // namespace weft::golden
