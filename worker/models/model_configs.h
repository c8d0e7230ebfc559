// The configurations of all the networks of a model, checked alone and against each other. Needs no
// LibTorch: a probe and a plan refuse here what loading would refuse later.

#pragma once

#include <string>
#include <vector>

#include "common/result.h"
#include "worker/models/diffusion_model.h"
#include "worker/models/model_config.h"

namespace weft::models {

struct ModelConfigs {
  NoiseScheduleConfig schedule;
  TextEncoderConfig text;
  UnetConfig unet;
  VaeConfig vae;
  std::vector<ControlNetConfig> controlnets;  // As ModelOptions::controlnets.
};

// Errors as the readers of model_config.h. kInvalidArgument: two parts that do not fit together,
// each named with its file; options.clip_skip that is not below the text encoder's layers.
Result<ModelConfigs> ReadModelConfigs(const ModelOptions& options);

// kInvalidArgument: not from 0 to the text encoder's layers less one.
Status CheckClipSkip(int clip_skip, const TextEncoderConfig& text);

// Where the VAE is: options.vae, else options.model.
const std::string& VaePlace(const ModelOptions& options);

}  // namespace weft::models
