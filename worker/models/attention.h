// Attention and the transformer blocks of Stable Diffusion's UNet.

#pragma once

#include <string>
#include <vector>

#include "worker/models/joint_attention.h"
#include "worker/models/layers.h"

namespace weft::models {

// Keys and values of a prompt, [sides, tokens, width], for every cross-attention layer.
using TextKeys = std::vector<KeysValues>;

// What every block of a UNet sees beside the picture.
struct BlockContext {
  at::Tensor time;                  // [1 or batch, width], after its SiLU.
  at::Tensor prompt;                // [sides, tokens, width]; sides divides the batch.
  const TextKeys* text = nullptr;   // Those of `prompt`; null: every layer computes its own.
  JointAttention* joint = nullptr;  // Null: every sample attends to itself only.
};

// diffusers' Attention.
struct Attention {
  Linear to_q;
  Linear to_k;
  Linear to_v;
  Linear to_out;
  int heads = 1;
  int layer = 0;  // Number among the model's self-attention layers, or its cross-attention layers.
  bool upcast = false;

  // x: [batch, tokens, width].
  [[nodiscard]] at::Tensor Self(const at::Tensor& x, JointAttention* joint) const;
  // Sample b of a batch of B reads text b / (B / sides).  text: of [sides, tokens, width].
  [[nodiscard]] at::Tensor Cross(const at::Tensor& x, const KeysValues& text) const;
  [[nodiscard]] KeysValues Read(const at::Tensor& source) const {
    return {to_k(source), to_v(source)};
  }

 private:
  [[nodiscard]] at::Tensor Mix(const at::Tensor& q, const KeysValues& read) const;
};

// diffusers' BasicTransformerBlock.
struct TransformerBlock {
  LayerNorm norm1;
  Attention attn1;
  LayerNorm norm2;
  Attention attn2;
  LayerNorm norm3;
  Linear ff_in;  // GEGLU: value and gate.
  Linear ff_out;

  [[nodiscard]] at::Tensor operator()(const at::Tensor& x, const BlockContext& context) const;
  [[nodiscard]] at::Tensor FeedForward(const at::Tensor& x) const;
};

// diffusers' Transformer2DModel.
struct SpatialTransformer {
  GroupNorm norm;
  Linear proj_in;
  std::vector<TransformerBlock> blocks;
  Linear proj_out;

  [[nodiscard]] at::Tensor operator()(const at::Tensor& x, const BlockContext& context) const;
  // Sets the entries of this transformer's layers.  prompt: [sides, tokens, width].
  void ReadPrompt(const at::Tensor& prompt, TextKeys& text) const;
};

struct TransformerShape {
  int width = 0;
  int heads = 1;
  int depth = 1;
  int context_width = 0;
  int norm_groups = 32;
  bool linear_projection = false;
  bool upcast = false;
};

// first_layer: number of the first block's attention layers; the others follow it.
SpatialTransformer TakeTransformer(Weights& weights,
                                   const std::string& name,
                                   const TransformerShape& shape,
                                   int first_layer);

}  // namespace weft::models
