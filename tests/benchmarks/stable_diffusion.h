// The shapes of Stable Diffusion 1.5, for measuring at full size without its weights.

#pragma once

#include "worker/models/model_config.h"

namespace weft::bench {

inline models::UnetConfig StableDiffusionUnet() {
  models::UnetConfig config;
  config.trunk.channels = {320, 640, 1280, 1280};
  config.trunk.down_attention = {true, true, true, false};
  config.trunk.layers = {2, 2, 2, 2};
  config.trunk.heads = {8, 8, 8, 8};
  config.trunk.transformer_depth = {1, 1, 1, 1};
  config.trunk.context_width = {768, 768, 768, 768};
  config.up_attention = {false, true, true, true};
  return config;
}

inline models::VaeConfig StableDiffusionVae() {
  models::VaeConfig config;
  config.channels = {128, 256, 512, 512};
  return config;
}

inline models::TextEncoderConfig StableDiffusionText() {
  models::TextEncoderConfig config;
  config.vocabulary = 49408;
  config.width = 768;
  config.mlp_width = 3072;
  config.layers = 12;
  config.heads = 12;
  return config;
}

}  // namespace weft::bench
