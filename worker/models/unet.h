// UNet2DConditionModel of diffusers, and the way down that it shares with ControlNetModel.

#pragma once

#include <string>
#include <vector>

#include "worker/models/attention.h"
#include "worker/models/layers.h"
#include "worker/models/model_config.h"

namespace weft::models {

// What a UNet or a ControlNet is asked.
struct UnetInput {
  at::Tensor sample;              // [batch, channels, height, width]
  std::vector<double> timesteps;  // One for all, or one a sample.
  at::Tensor prompt;              // [sides, tokens, width]; sides divides the batch.
  JointAttention* joint = nullptr;
  // What ReadPrompt() made of `prompt` and Time() of `timesteps`, where it is at hand; the results
  // are the same without.
  const TextKeys* text = nullptr;
  const at::Tensor* time = nullptr;
};

// What the way down leaves for the way up; a ControlNet's residuals have the same shapes.
struct Skips {
  std::vector<at::Tensor> down;  // From conv_in on.
  at::Tensor mid;

  void Scale(double scale);
  // Each by its own factor: from 0.1 for the first in equal ratios to 1 for `mid` (guess mode).
  void Grade();
  void Add(const Skips& other);
};

// Sinusoids of the timestep and the two layers behind them.
struct TimeEmbedding {
  Linear linear_1;
  Linear linear_2;
  int channels = 0;
  bool flip_sin_to_cos = true;
  double frequency_shift = 0.0;

  // [timesteps, 4 * channels], in the type and on the device of `like`.
  [[nodiscard]] at::Tensor operator()(const std::vector<double>& timesteps,
                                      const at::Tensor& like) const;
};

// One level down, or up. Levels without attention have no transformers.
struct UnetBlock {
  std::vector<ResnetBlock> resnets;
  std::vector<SpatialTransformer> transformers;
  Conv resample;  // Behind the resnets; none at the last level.
};

struct UnetMiddle {
  ResnetBlock before;
  SpatialTransformer transformer;
  ResnetBlock after;

  [[nodiscard]] at::Tensor operator()(const at::Tensor& x, const BlockContext& context) const;
};

// Time embedding, conv_in, the way down and the middle.
struct UnetTrunk {
  TimeEmbedding time;
  Conv conv_in;
  std::vector<UnetBlock> down;
  UnetMiddle mid;

  [[nodiscard]] BlockContext Context(const UnetInput& input) const;
  // The time embedding behind its SiLU, in the type and on the device of `like`.
  [[nodiscard]] at::Tensor Time(const std::vector<double>& timesteps, const at::Tensor& like) const;
  void ReadPrompt(const at::Tensor& prompt, TextKeys& text) const;
  // x: what conv_in gave (a ControlNet adds its condition there).
  [[nodiscard]] Skips Down(const at::Tensor& x, const BlockContext& context) const;
};

// One level down: appends every resnet's (and the resampled) output to `skips`.
at::Tensor DownBlock(const UnetBlock& block,
                     at::Tensor x,
                     const BlockContext& context,
                     std::vector<at::Tensor>& skips);

// One level up: takes its skips off the end; resamples to the size of the one then last.
at::Tensor UpBlock(const UnetBlock& block,
                   at::Tensor x,
                   const BlockContext& context,
                   std::vector<at::Tensor>& skips);

UnetTrunk TakeTrunk(Weights& weights, const UnetTrunkConfig& config, int& self_attention_layers);

struct Unet {
  UnetTrunk trunk;
  std::vector<UnetBlock> up;
  GroupNorm norm_out;
  Conv conv_out;

  // residuals: added to the skips; null where no ControlNet runs.
  // Gives [batch, out channels, height, width].
  [[nodiscard]] at::Tensor operator()(const UnetInput& input, const Skips* residuals) const;
  // prompt: [sides, tokens, width].
  [[nodiscard]] TextKeys ReadPrompt(const at::Tensor& prompt) const;
  [[nodiscard]] int SelfAttentionLayers() const;
};

// Errors as Weights::Finish().
Result<Unet> LoadUnet(const UnetConfig& config, Weights weights);

}  // namespace weft::models
