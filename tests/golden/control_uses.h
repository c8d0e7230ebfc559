// The ControlNets that a case has, in any of the spellings that cases use.

#pragma once

#include <vector>

#include "common/result.h"
#include "tests/golden/denoising_loop.h"
#include "tests/golden/golden_case.h"
#include "tests/golden/model_shelf.h"

namespace weft::golden {

// Names from "controlnets" or "controlnet", a list or one; scales from "conditioning_scales",
// "conditioning_scale", "controlnet_scale" or "scale" (1 where there is none); ranges from
// "control_guidance", [starts, ends]; maps from in.controlnet_cond.I or, for the first,
// in.controlnet_cond. Maps without a net's name are for "controlnet". Empty without nets and maps.
// Throws where a field or a tensor is not as expected.
Result<std::vector<ControlUse>> ControlsOf(const GoldenCase& golden, ModelFolder& model);

}  // namespace weft::golden
