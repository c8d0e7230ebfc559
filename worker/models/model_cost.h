// How much arithmetic a model asks for, from its configuration alone: what a plan's time estimate
// rests on.

#pragma once

#include <string>

#include "common/result.h"
#include "worker/models/model_config.h"

namespace weft::models {

// Multiply-add operations for one frame. Convolutions, linear layers and attention are counted;
// norms and activations, a few per cent, are not.
struct ModelCost {
  double unet_step = 0.0;         // One UNet evaluation, one side of the guidance, own frame only.
  double unet_step_anchor = 0.0;  // What each anchor that the frame attends to adds to it.
  double controlnet_step = 0.0;   // One ControlNet evaluation, one side; 0 without a ControlNet.
  double vae_encode = 0.0;
  double vae_decode = 0.0;
};

// width, height: pixels, multiples of the VAE factor. controlnet_step stays 0.
ModelCost CostOf(const UnetConfig& unet, const VaeConfig& vae, int width, int height);

// folder: as ModelOptions::folder. width, height: pixels, multiples of the VAE factor.
// Errors as the readers of worker/models/model_config.h.
Result<ModelCost> EstimateCost(const std::string& folder, int width, int height);

}  // namespace weft::models
