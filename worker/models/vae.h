// AutoencoderKL of diffusers: pictures to latents and back.

#pragma once

#include <string>
#include <vector>

#include "worker/models/doubling_conv.h"
#include "worker/models/layers.h"
#include "worker/models/model_config.h"

namespace weft::models {

// Attention of one head over all cells of a picture; without weights where the model has none.
struct VaeAttention {
  GroupNorm norm;
  Linear to_q;
  Linear to_k;
  Linear to_v;
  Linear to_out;

  [[nodiscard]] at::Tensor operator()(const at::Tensor& x) const;
};

struct VaeLevel {
  std::vector<ResnetBlock> resnets;
  Conv shrink;        // The encoder's; none at its last level.
  DoublingConv grow;  // The decoder's; likewise.
};

// The encoder or the decoder: both are a chain of levels with a middle at the coarse end.
struct VaeHalf {
  Conv conv_in;
  std::vector<VaeLevel> levels;
  ResnetBlock mid_before;
  VaeAttention mid_attention;
  ResnetBlock mid_after;
  GroupNorm norm_out;
  Conv conv_out;

  [[nodiscard]] at::Tensor Middle(const at::Tensor& x) const;
};

struct Vae {
  VaeConfig config;
  VaeHalf encoder;
  VaeHalf decoder;
  Linear quant_conv;  // None where the model has none.
  Linear post_quant_conv;

  // picture: [batch, 3, height, width], -1..1, sides multiples of config.factor().
  // Gives mean and log variance, [batch, 2 * latent channels, height / factor, width / factor];
  // neither scaled nor clamped.
  [[nodiscard]] at::Tensor Encode(const at::Tensor& picture) const;

  // latents: [batch, latent channels, h, w], divided by scaling_factor.
  // Gives [batch, 3, h * factor, w * factor], about -1..1, not clamped.
  [[nodiscard]] at::Tensor Decode(const at::Tensor& latents) const;
};

// Errors as Weights::Finish().
Result<Vae> LoadVae(const VaeConfig& config, Weights weights);

}  // namespace weft::models
