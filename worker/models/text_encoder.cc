#include "worker/models/text_encoder.h"

#include <cmath>
#include <limits>
#include <utility>

namespace weft::models {

at::Tensor TextEncoder::Attention(const TextLayer& layer, const at::Tensor& x) const {
  const std::int64_t batch = x.size(0);
  const std::int64_t length = x.size(1);
  const std::int64_t head_width = config.width / config.heads;
  const auto by_head = [&](const at::Tensor& y) {
    return y.view({batch, length, config.heads, head_width})
        .transpose(1, 2)
        .reshape({batch * config.heads, length, head_width});
  };
  const at::Tensor q = by_head(layer.q(x)).mul_(1.0 / std::sqrt(static_cast<double>(head_width)));
  // A token sees itself and those before it.
  const at::Tensor later =
      at::full({length, length}, -std::numeric_limits<float>::infinity(), x.options()).triu(1);
  const at::Tensor shares =
      at::softmax(at::bmm(q, by_head(layer.k(x)).transpose(1, 2)).add_(later), -1);
  const at::Tensor mixed = at::bmm(shares, by_head(layer.v(x)));
  return layer.out(mixed.view({batch, config.heads, length, head_width})
                       .transpose(1, 2)
                       .reshape({batch, length, config.width}));
}

at::Tensor TextEncoder::FeedForward(const TextLayer& layer, const at::Tensor& x) const {
  constexpr double kQuickGelu = 1.702;
  const at::Tensor h = layer.fc1(x);
  return layer.fc2(config.quick_gelu ? at::sigmoid(h.mul(kQuickGelu)).mul_(h) : at::gelu(h));
}

std::vector<at::Tensor> TextEncoder::RunLayers(const at::Tensor& embedded) const {
  std::vector<at::Tensor> states = {embedded.add(positions.narrow(0, 0, embedded.size(1)))};
  for (const TextLayer& layer : layers) {
    const at::Tensor x = Attention(layer, layer.norm1(states.back())).add_(states.back());
    states.push_back(FeedForward(layer, layer.norm2(x)).add_(x));
  }
  return states;
}

Result<TextEncoder> LoadTextEncoder(const TextEncoderConfig& config, Weights weights) {
  const std::string root = "text_model.";
  const int width = config.width;
  weights.Ignore(root + "embeddings.position_ids");  // 0, 1, 2, …; newer files leave it out.
  TextEncoder encoder;
  encoder.config = config;
  encoder.tokens =
      weights.Take(root + "embeddings.token_embedding.weight", {config.vocabulary, width});
  encoder.positions =
      weights.Take(root + "embeddings.position_embedding.weight", {config.positions, width});
  for (int i = 0; i < config.layers; ++i) {
    const std::string name = root + "encoder.layers." + std::to_string(i);
    TextLayer layer;
    layer.norm1 = TakeLayerNorm(weights, name + ".layer_norm1", width, config.norm_eps);
    layer.q = TakeLinear(weights, name + ".self_attn.q_proj", width, width);
    layer.k = TakeLinear(weights, name + ".self_attn.k_proj", width, width);
    layer.v = TakeLinear(weights, name + ".self_attn.v_proj", width, width);
    layer.out = TakeLinear(weights, name + ".self_attn.out_proj", width, width);
    layer.norm2 = TakeLayerNorm(weights, name + ".layer_norm2", width, config.norm_eps);
    layer.fc1 = TakeLinear(weights, name + ".mlp.fc1", width, config.mlp_width);
    layer.fc2 = TakeLinear(weights, name + ".mlp.fc2", config.mlp_width, width);
    encoder.layers.push_back(std::move(layer));
  }
  encoder.final_norm = TakeLayerNorm(weights, root + "final_layer_norm", width, config.norm_eps);
  WEFT_RETURN_IF_ERROR(weights.Finish());
  return encoder;
}

}  // namespace weft::models
