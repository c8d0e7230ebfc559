// Loads the networks of a model, from a diffusers folder or from single files.

#pragma once

#include <vector>

#include "common/result.h"
#include "worker/models/controlnet.h"
#include "worker/models/diffusion_model.h"
#include "worker/models/model_configs.h"
#include "worker/models/text_encoder.h"
#include "worker/models/unet.h"
#include "worker/models/vae.h"

namespace weft::models {

struct ModelParts {
  ModelConfigs configs;
  TextEncoder text;  // float32 in any case: prompts are encoded once a job.
  Vae vae;           // float32 where the rest is float16 and the VAE needs it.
  Unet unet;
  std::vector<ControlNet> controlnets;
};

// Loads every part straight to its place, LoRAs merged.
// Errors as ReadModelConfigs(), ReadLoras() and PartTensors::Open(). kInvalidArgument: one message
// names, for all parts, every tensor that is missing, misshapen or belongs to no layer.
Result<ModelParts> LoadModelParts(const ModelOptions& options, const Placement& placement);

}  // namespace weft::models
