#include "worker/models/attention.h"

#include <algorithm>
#include <cassert>
#include <string>

#include "worker/models/attend.h"

namespace weft::models {

namespace {

// Keys that are gathered at once for samples that read more than their own: on a device as many
// samples as can be go in one call, for a call costs more there than a copy; a CPU is filled by
// one.
std::int64_t TokensGathered(const at::Tensor& q) {
  constexpr std::int64_t kValuesMax = std::int64_t{1} << 28U;
  return q.is_cpu() ? 1 : kValuesMax / q.size(2);
}

}  // namespace

at::Tensor Attention::Mix(const at::Tensor& q, const KeysValues& read) const {
  if (!upcast || q.scalar_type() == at::kFloat) {
    return Attend(q, read.keys, read.values, heads);
  }
  return Attend(q.to(at::kFloat), read.keys.to(at::kFloat), read.values.to(at::kFloat), heads)
      .to(q.scalar_type());
}

at::Tensor Attention::Self(const at::Tensor& x, JointAttention* joint) const {
  const at::Tensor q = to_q(x);
  const KeysValues own = Read(x);
  if (joint == nullptr) {
    return to_out(Mix(q, own));
  }
  Remember(own, layer, *joint);
  at::Tensor mixed = at::empty_like(q);
  const std::int64_t tokens_max = TokensGathered(q);
  SampleRun run;
  for (std::int64_t first = 0; first < x.size(0); first += run.count) {
    run = RunFrom(first, tokens_max, own, *joint);
    mixed.narrow(0, first, run.count)
        .copy_(Mix(q.narrow(0, first, run.count), Gather(own, run, layer, *joint)));
  }
  return to_out(mixed);
}

at::Tensor Attention::Cross(const at::Tensor& x, const KeysValues& text) const {
  const std::int64_t sides = text.keys.size(0);
  const std::int64_t samples_a_side = x.size(0) / sides;
  assert(samples_a_side * sides == x.size(0));
  const auto for_each_sample = [&](const at::Tensor& of_side) {
    return of_side.unsqueeze(1)
        .expand({sides, samples_a_side, of_side.size(1), of_side.size(2)})
        .flatten(0, 1);
  };
  return to_out(Mix(to_q(x), {for_each_sample(text.keys), for_each_sample(text.values)}));
}

at::Tensor TransformerBlock::FeedForward(const at::Tensor& x) const {
  return ff_out(GatedGelu(ff_in(x)));
}

at::Tensor TransformerBlock::operator()(const at::Tensor& x, const BlockContext& context) const {
  at::Tensor h = attn1.Self(norm1(x), context.joint).add_(x);
  const KeysValues text = context.text == nullptr
                              ? attn2.Read(context.prompt)
                              : context.text->at(static_cast<std::size_t>(attn2.layer));
  h = attn2.Cross(norm2(h), text).add_(h);
  return FeedForward(norm3(h)).add_(h);
}

at::Tensor SpatialTransformer::operator()(const at::Tensor& x, const BlockContext& context) const {
  at::Tensor tokens = proj_in(ToTokens(norm(x)));
  for (const TransformerBlock& block : blocks) {
    tokens = block(tokens, context);
  }
  return ToPicture(proj_out(tokens), x.size(2), x.size(3)).add_(x);
}

void SpatialTransformer::ReadPrompt(const at::Tensor& prompt, TextKeys& text) const {
  for (const TransformerBlock& block : blocks) {
    const auto layer = static_cast<std::size_t>(block.attn2.layer);
    text.resize(std::max(text.size(), layer + 1));
    text[layer] = block.attn2.Read(prompt);
  }
}

namespace {

Attention TakeAttention(Weights& weights,
                        const std::string& name,
                        const TransformerShape& shape,
                        int context_width) {
  Attention attention;
  attention.to_q = TakeLinearWithoutBias(weights, name + ".to_q", shape.width, shape.width);
  attention.to_k = TakeLinearWithoutBias(weights, name + ".to_k", context_width, shape.width);
  attention.to_v = TakeLinearWithoutBias(weights, name + ".to_v", context_width, shape.width);
  attention.to_out = TakeLinear(weights, name + ".to_out.0", shape.width, shape.width);
  attention.heads = shape.heads;
  attention.upcast = shape.upcast;
  return attention;
}

TransformerBlock TakeBlock(Weights& weights,
                           const std::string& name,
                           const TransformerShape& shape,
                           int layer) {
  constexpr double kLayerNormEps = 1e-5;
  constexpr int kExpansion = 4;
  const int inner = kExpansion * shape.width;
  TransformerBlock block;
  block.norm1 = TakeLayerNorm(weights, name + ".norm1", shape.width, kLayerNormEps);
  block.attn1 = TakeAttention(weights, name + ".attn1", shape, shape.width);
  block.attn1.layer = layer;
  block.norm2 = TakeLayerNorm(weights, name + ".norm2", shape.width, kLayerNormEps);
  block.attn2 = TakeAttention(weights, name + ".attn2", shape, shape.context_width);
  block.attn2.layer = layer;
  block.norm3 = TakeLayerNorm(weights, name + ".norm3", shape.width, kLayerNormEps);
  block.ff_in = TakeLinear(weights, name + ".ff.net.0.proj", shape.width, 2 * inner);
  block.ff_out = TakeLinear(weights, name + ".ff.net.2", inner, shape.width);
  return block;
}

}  // namespace

SpatialTransformer TakeTransformer(Weights& weights,
                                   const std::string& name,
                                   const TransformerShape& shape,
                                   int first_layer) {
  constexpr double kNormEps = 1e-6;  // Fixed in Transformer2DModel, whatever the UNet's norm_eps.
  const auto take = shape.linear_projection ? TakeLinear : TakePointwise;
  SpatialTransformer transformer;
  transformer.norm =
      TakeGroupNorm(weights, name + ".norm", shape.width, {shape.norm_groups, kNormEps});
  transformer.proj_in = take(weights, name + ".proj_in", shape.width, shape.width);
  for (int i = 0; i < shape.depth; ++i) {
    transformer.blocks.push_back(TakeBlock(
        weights, name + ".transformer_blocks." + std::to_string(i), shape, first_layer + i));
  }
  transformer.proj_out = take(weights, name + ".proj_out", shape.width, shape.width);
  return transformer;
}

}  // namespace weft::models
