// CLIPTextModel of transformers.

#pragma once

#include <string>
#include <vector>

#include "worker/models/layers.h"
#include "worker/models/model_config.h"

namespace weft::models {

struct TextLayer {
  LayerNorm norm1;
  Linear q;
  Linear k;
  Linear v;
  Linear out;
  LayerNorm norm2;
  Linear fc1;
  Linear fc2;
};

struct TextEncoder {
  TextEncoderConfig config;
  at::Tensor tokens;     // [vocabulary, width]
  at::Tensor positions;  // [positions, width]
  std::vector<TextLayer> layers;
  LayerNorm final_norm;

  // The embeddings, then what each layer gives; all [batch, tokens, width] and before final_norm.
  // final_norm of the last one is the model's output.
  // ids: int64 [batch, tokens], each below the vocabulary, not more than config.positions.
  [[nodiscard]] std::vector<at::Tensor> HiddenStates(const at::Tensor& ids) const {
    return RunLayers(Embed(ids));
  }

  // Its two halves: the tokens' own vectors, a new tensor [batch, tokens, width] in which some may
  // be replaced; then positions and layers.
  [[nodiscard]] at::Tensor Embed(const at::Tensor& ids) const { return at::embedding(tokens, ids); }
  [[nodiscard]] std::vector<at::Tensor> RunLayers(const at::Tensor& embedded) const;

 private:
  [[nodiscard]] at::Tensor Attention(const TextLayer& layer, const at::Tensor& x) const;
  [[nodiscard]] at::Tensor FeedForward(const TextLayer& layer, const at::Tensor& x) const;
};

// Errors as Weights::Finish().
Result<TextEncoder> LoadTextEncoder(const TextEncoderConfig& config, Weights weights);

}  // namespace weft::models
