// The layers that all the models are made of. Each is its tensors and one function; pictures are
// [batch, channels, height, width] in channels-last order, tokens [batch, tokens, width].

#pragma once

#include <string>

#include "worker/models/aten.h"
#include "worker/models/packed_filter.h"
#include "worker/models/weights.h"

namespace weft::models {

// Weights are kept either as they were stored or, on a CPU, packed (packed_filter.h).

struct Linear {
  at::Tensor weight;  // [out, in]; undefined if packed.
  at::Tensor bias;    // [out], or undefined.
  PackedFilter packed;

  [[nodiscard]] bool Exists() const { return weight.defined() || packed.values.defined(); }
  [[nodiscard]] bool IsZero() const;

  // x: [rows, in] or [batch, tokens, in].
  [[nodiscard]] at::Tensor operator()(const at::Tensor& x) const;
};

struct Conv {
  at::Tensor weight;  // [out, in, k, k]; undefined if packed.
  at::Tensor bias;    // [out]
  int stride = 1;
  int padding = 1;
  PackedFilter packed;

  [[nodiscard]] bool Exists() const { return weight.defined() || packed.values.defined(); }

  [[nodiscard]] at::Tensor operator()(const at::Tensor& x) const;
  [[nodiscard]] at::Tensor WithoutBias(const at::Tensor& x) const;
};

// Computes in float32 whatever the type of x.
struct GroupNorm {
  at::Tensor weight;  // float32
  at::Tensor bias;
  int groups = 1;
  double eps = 1e-5;

  // x: [batch, channels, height, width].
  [[nodiscard]] at::Tensor operator()(const at::Tensor& x) const;
  // Followed by x * sigmoid(x).
  [[nodiscard]] at::Tensor Silu(const at::Tensor& x) const;

 private:
  [[nodiscard]] at::Tensor Run(const at::Tensor& x, bool silu) const;
};

// Computes in float32 whatever the type of x.
struct LayerNorm {
  at::Tensor weight;  // float32
  at::Tensor bias;
  double eps = 1e-5;

  [[nodiscard]] at::Tensor operator()(const at::Tensor& x) const;
};

// diffusers' ResnetBlock2D.
struct ResnetBlock {
  GroupNorm norm1;
  Conv conv1;
  Linear time;  // None in a VAE.
  GroupNorm norm2;
  Conv conv2;
  Linear shortcut;  // 1 x 1; none where the width stays.

  // time_embedding: [1 or batch, width], after its SiLU; undefined in a VAE.
  [[nodiscard]] at::Tensor operator()(const at::Tensor& x, const at::Tensor& time_embedding) const;

 private:
  [[nodiscard]] at::Tensor OnDevice(const at::Tensor& x, const at::Tensor& time_embedding) const;
};

// How to normalise, the same all over a model.
struct NormSpec {
  int groups = 32;
  double eps = 1e-5;
};

Linear TakeLinear(Weights& weights, const std::string& name, int in, int out);
Linear TakeLinearWithoutBias(Weights& weights, const std::string& name, int in, int out);
// A 1 x 1 convolution, stored as [out, in, 1, 1].
Linear TakePointwise(Weights& weights, const std::string& name, int in, int out);
// 3 x 3, padding 1.
Conv TakeConv(Weights& weights, const std::string& name, int in, int out);
// Same, as it was stored.
Conv TakeUnpackedConv(Weights& weights, const std::string& name, int in, int out);
GroupNorm TakeGroupNorm(Weights& weights, const std::string& name, int width, const NormSpec& norm);
LayerNorm TakeLayerNorm(Weights& weights, const std::string& name, int width, double eps);

struct ResnetShape {
  int in = 0;
  int out = 0;
  int time = 0;  // Width of the time embedding; 0 without one.
};
ResnetBlock TakeResnet(Weights& weights,
                       const std::string& name,
                       const ResnetShape& shape,
                       const NormSpec& norm);

// [batch, C, h, w] as [batch, h * w, C], and back. Both are views of channels-last pictures.
at::Tensor ToTokens(const at::Tensor& picture);
at::Tensor ToPicture(const at::Tensor& tokens, std::int64_t height, std::int64_t width);

// 1 x 1 convolution of a picture.
at::Tensor Pointwise(const Linear& linear, const at::Tensor& picture);

// x: [batch, tokens, 2 * width]: values, then gates. Gives values * gelu(gates).
at::Tensor GatedGelu(const at::Tensor& x);

// Nearest neighbour.
at::Tensor Resize(const at::Tensor& picture, std::int64_t height, std::int64_t width);

}  // namespace weft::models
