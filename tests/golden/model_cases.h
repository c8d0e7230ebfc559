// Runs the cases that are one evaluation of one model, and those of whole pipelines.

#pragma once

#include "common/result.h"
#include "tests/golden/golden_case.h"
#include "tests/golden/model_shelf.h"

namespace weft::golden {

// Outputs of a case of kind text_encoder, unet, vae_encode, vae_decode, controlnet or lora.
// kUnsupported: another kind.  Throws what ATen and the case's tensors throw.
Result<Outputs> RunModelCase(const GoldenCase& golden, ModelFolder& model);

// Outputs of a case of kind e2e.  kUnsupported: a sampler or option that is not built.
Result<Outputs> RunPipelineCase(const GoldenCase& golden, ModelFolder& model);

// Outputs of a case of kind scheduler.  kUnsupported: another sampler than DDIM with eta 0.
Result<Outputs> RunSchedulerCase(const GoldenCase& golden);

}  // namespace weft::golden
