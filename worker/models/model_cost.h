// How much arithmetic a model asks for, from its configuration alone: what a plan's time estimate
// rests on.

#pragma once

#include <vector>

#include "common/result.h"
#include "worker/models/diffusion_model.h"
#include "worker/models/model_config.h"

namespace weft::models {

// Multiply-add operations for one frame. Convolutions, linear layers and attention are counted;
// norms and activations, a few per cent, are not.
struct ModelCost {
  double unet_step = 0.0;         // One UNet evaluation, one side of the guidance, own frame only.
  double unet_step_anchor = 0.0;  // What each anchor that the frame attends to adds to it.
  double vae_encode = 0.0;
  double vae_decode = 0.0;
  std::vector<double> controlnet_steps = {};  // Of each ControlNet: one evaluation, one side.
};

// width, height: pixels, multiples of the VAE factor. There are no
// controlnet_steps.
ModelCost CostOf(const UnetConfig& unet, const VaeConfig& vae, int width, int height);

// Of the model, VAE and ControlNets that options name; the rest of them does not count. width,
// height: pixels, multiples of the VAE factor. Errors as the readers of
// worker/models/model_config.h.
Result<ModelCost> EstimateCost(const ModelOptions& options, int width, int height);

}  // namespace weft::models
