// How the cases change a noise schedule, and where they start in it.

#pragma once

#include <nlohmann/json.hpp>

#include "common/result.h"
#include "worker/models/model_config.h"

namespace weft::golden {

// Applies "overrides" of a case. kUnsupported: one that DDIM here does not know.
Status Override(const nlohmann::json& overrides, models::NoiseScheduleConfig& schedule);

// The first step of image-to-image: int(steps * strength) steps are left.
int FirstStep(int steps, double strength);

}  // namespace weft::golden
