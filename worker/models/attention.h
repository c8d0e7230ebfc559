// Attention and the transformer blocks of Stable Diffusion's UNet, and how frames attend to others.

#pragma once

#include <array>
#include <string>
#include <vector>

#include "worker/models/layers.h"

namespace weft::models {

struct KeysValues {
  at::Tensor keys;  // [tokens, width]
  at::Tensor values;
};

// Keys and values of a prompt, [sides, tokens, width], for every cross-attention layer.
using TextKeys = std::vector<KeysValues>;

// Keys and values that frames left in every self-attention layer, for others to read.
class FrameMemory {
 public:
  static constexpr int kSides = 2;  // Negative, positive.

  void Clear() { layers_.clear(); }
  void Store(int layer, int frame, int side, const KeysValues& own);
  // REQUIRES: stored before.
  [[nodiscard]] const KeysValues& At(int layer, int frame, int side) const;

 private:
  std::vector<std::vector<std::array<KeysValues, kSides>>> layers_;  // [layer][frame][side]
};

// A run of samples of a batch, counted from the one that reads them.
struct Mates {
  int from = 0;
  int count = 1;
};

// Whose keys and values one sample of a batch reads, in this order; all are of its own side.
struct SampleLinks {
  int side = 0;
  Mates mates;             // Of the same batch; as it stands, itself.
  std::vector<int> reads;  // From the memory.
  int writes = -1;         // Where it leaves its own before anyone reads; -1: nowhere.
};

struct JointAttention {
  FrameMemory& memory;
  std::vector<SampleLinks> samples;  // One a sample of the batch.
};

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
  // Leaves what the samples of a batch leave.  batch: [batch, tokens, width].
  void Remember(const KeysValues& batch, JointAttention& joint) const;
  // All that `sample` of the batch reads, one behind the other.
  [[nodiscard]] KeysValues Gather(const KeysValues& batch,
                                  std::int64_t sample,
                                  const JointAttention& joint) const;
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
