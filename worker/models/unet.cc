#include "worker/models/unet.h"

#include <cassert>
#include <cmath>
#include <utility>

namespace weft::models {
namespace {

constexpr int kTimeExpansion = 4;  // Width of the time embedding over the first level's.

std::string Numbered(const std::string& name, int number) {
  return name + "." + std::to_string(number);
}

TransformerShape ShapeAt(const UnetTrunkConfig& config, std::size_t level) {
  return {config.channels[level],      config.heads[level], config.transformer_depth[level],
          config.context_width[level], config.norm_groups,  config.linear_projection,
          config.upcast_attention};
}

// Takes the blocks of a trunk and counts their self-attention layers.
class BlockReader {
 public:
  BlockReader(Weights& weights, const UnetTrunkConfig& config, int& layers)
      : weights_(weights), config_(config), layers_(layers) {}

  UnetBlock Down(std::size_t level) {
    const std::string name = Numbered("down_blocks", static_cast<int>(level));
    const int out = config_.channels[level];
    UnetBlock block;
    for (int i = 0; i < config_.layers[level]; ++i) {
      const bool first = i == 0 && level > 0;
      Append(block, name, {first ? config_.channels[level - 1] : out, out},
             config_.down_attention[level] ? &level : nullptr);
    }
    if (level + 1 < config_.channels.size()) {
      block.resample = TakeConv(weights_, name + ".downsamplers.0.conv", out, out);
      block.resample.stride = 2;
    }
    return block;
  }

  UnetMiddle Middle() {
    const std::size_t level = config_.channels.size() - 1;
    const int width = config_.channels[level];
    UnetMiddle mid;
    mid.before = Resnet("mid_block.resnets.0", {width, width});
    mid.transformer = Transformer("mid_block.attentions.0", level);
    mid.after = Resnet("mid_block.resnets.1", {width, width});
    return mid;
  }

  // number: counts from the coarsest level.
  UnetBlock Up(std::size_t number, bool attention) {
    const std::string name = Numbered("up_blocks", static_cast<int>(number));
    const std::size_t level = config_.channels.size() - 1 - number;
    const int out = config_.channels[level];
    const int below = number == 0 ? out : config_.channels[level + 1];
    const int above = level == 0 ? out : config_.channels[level - 1];
    UnetBlock block;
    for (int i = 0; i <= config_.layers[level]; ++i) {
      const int skip = i == config_.layers[level] ? above : out;
      Append(block, name, {(i == 0 ? below : out) + skip, out}, attention ? &level : nullptr);
    }
    if (level > 0) {
      block.resample = TakeConv(weights_, name + ".upsamplers.0.conv", out, out);
    }
    return block;
  }

 private:
  ResnetBlock Resnet(const std::string& name, const ResnetShape& shape) {
    return TakeResnet(weights_, name,
                      {shape.in, shape.out, kTimeExpansion * config_.channels.front()},
                      {config_.norm_groups, config_.norm_eps});
  }

  SpatialTransformer Transformer(const std::string& name, std::size_t level) {
    SpatialTransformer transformer =
        TakeTransformer(weights_, name, ShapeAt(config_, level), layers_);
    layers_ += config_.transformer_depth[level];
    return transformer;
  }

  // attention_level: null without a transformer behind the resnet.
  void Append(UnetBlock& block,
              const std::string& name,
              const ResnetShape& shape,
              const std::size_t* attention_level) {
    const int number = static_cast<int>(block.resnets.size());
    block.resnets.push_back(Resnet(Numbered(name + ".resnets", number), shape));
    if (attention_level != nullptr) {
      block.transformers.push_back(
          Transformer(Numbered(name + ".attentions", number), *attention_level));
    }
  }

  Weights& weights_;
  const UnetTrunkConfig& config_;
  int& layers_;
};

}  // namespace

void Skips::Scale(double scale) {
  for (at::Tensor& skip : down) {
    skip.mul_(scale);
  }
  mid.mul_(scale);
}

void Skips::Grade() {
  const auto count = static_cast<double>(down.size());
  for (std::size_t i = 0; i < down.size(); ++i) {
    down[i].mul_(std::pow(10.0, static_cast<double>(i) / count - 1.0));
  }
}

void Skips::Add(const Skips& other) {
  assert(down.size() == other.down.size());
  // Not in place: a skip may also be the input of the block below it.
  for (std::size_t i = 0; i < down.size(); ++i) {
    down[i] = down[i].add(other.down[i]);
  }
  mid = mid.add(other.mid);
}

at::Tensor TimeEmbedding::operator()(const std::vector<double>& timesteps,
                                     const at::Tensor& like) const {
  constexpr double kPeriodMax = 10000.0;
  const int half = channels / 2;
  at::Tensor waves = at::zeros({static_cast<std::int64_t>(timesteps.size()), channels}, at::kFloat);
  auto* value = waves.data_ptr<float>();
  for (const double timestep : timesteps) {
    for (int i = 0; i < half; ++i) {
      const double angle =
          timestep * std::exp(-std::log(kPeriodMax) * i / (half - frequency_shift));
      value[flip_sin_to_cos ? i : half + i] = static_cast<float>(std::cos(angle));
      value[flip_sin_to_cos ? half + i : i] = static_cast<float>(std::sin(angle));
    }
    value += channels;
  }
  return linear_2(at::silu(linear_1(waves.to(like.options()))));
}

at::Tensor UnetMiddle::operator()(const at::Tensor& x, const BlockContext& context) const {
  return after(transformer(before(x, context.time), context), context.time);
}

BlockContext UnetTrunk::Context(const UnetInput& input) const {
  return {input.time != nullptr ? *input.time : Time(input.timesteps, input.sample), input.prompt,
          input.text, input.joint};
}

at::Tensor UnetTrunk::Time(const std::vector<double>& timesteps, const at::Tensor& like) const {
  return at::silu(time(timesteps, like));
}

void UnetTrunk::ReadPrompt(const at::Tensor& prompt, TextKeys& text) const {
  for (const UnetBlock& block : down) {
    for (const SpatialTransformer& transformer : block.transformers) {
      transformer.ReadPrompt(prompt, text);
    }
  }
  mid.transformer.ReadPrompt(prompt, text);
}

Skips UnetTrunk::Down(const at::Tensor& x, const BlockContext& context) const {
  Skips skips;
  skips.down.push_back(x);
  at::Tensor h = x;
  for (const UnetBlock& block : down) {
    h = DownBlock(block, h, context, skips.down);
  }
  skips.mid = mid(h, context);
  return skips;
}

at::Tensor DownBlock(const UnetBlock& block,
                     at::Tensor x,
                     const BlockContext& context,
                     std::vector<at::Tensor>& skips) {
  for (std::size_t i = 0; i < block.resnets.size(); ++i) {
    x = block.resnets[i](x, context.time);
    if (!block.transformers.empty()) {
      x = block.transformers[i](x, context);
    }
    skips.push_back(x);
  }
  if (block.resample.Exists()) {
    x = block.resample(x);
    skips.push_back(x);
  }
  return x;
}

at::Tensor UpBlock(const UnetBlock& block,
                   at::Tensor x,
                   const BlockContext& context,
                   std::vector<at::Tensor>& skips) {
  for (std::size_t i = 0; i < block.resnets.size(); ++i) {
    x = block.resnets[i](at::cat({x, skips.back()}, 1), context.time);
    skips.pop_back();
    if (!block.transformers.empty()) {
      x = block.transformers[i](x, context);
    }
  }
  if (block.resample.Exists()) {
    // To the skip's size, not to twice the own: odd sizes were rounded up on the way down.
    x = block.resample(Resize(x, skips.back().size(2), skips.back().size(3)));
  }
  return x;
}

UnetTrunk TakeTrunk(Weights& weights, const UnetTrunkConfig& config, int& self_attention_layers) {
  const int first = config.channels.front();
  const int wide = kTimeExpansion * first;
  UnetTrunk trunk;
  trunk.time = {TakeLinear(weights, "time_embedding.linear_1", first, wide),
                TakeLinear(weights, "time_embedding.linear_2", wide, wide), first,
                config.flip_sin_to_cos, config.frequency_shift};
  trunk.conv_in = TakeConv(weights, "conv_in", config.in_channels, first);
  BlockReader reader(weights, config, self_attention_layers);
  for (std::size_t level = 0; level < config.channels.size(); ++level) {
    trunk.down.push_back(reader.Down(level));
  }
  trunk.mid = reader.Middle();
  return trunk;
}

at::Tensor Unet::operator()(const UnetInput& input, const Skips* residuals) const {
  const BlockContext context = trunk.Context(input);
  Skips skips = trunk.Down(trunk.conv_in(input.sample), context);
  if (residuals != nullptr) {
    skips.Add(*residuals);
  }
  at::Tensor x = skips.mid;
  for (const UnetBlock& block : up) {
    x = UpBlock(block, x, context, skips.down);
  }
  return conv_out(norm_out.Silu(x));
}

TextKeys Unet::ReadPrompt(const at::Tensor& prompt) const {
  TextKeys text;
  trunk.ReadPrompt(prompt, text);
  for (const UnetBlock& block : up) {
    for (const SpatialTransformer& transformer : block.transformers) {
      transformer.ReadPrompt(prompt, text);
    }
  }
  return text;
}

int Unet::SelfAttentionLayers() const {
  const auto count = [](const std::vector<UnetBlock>& blocks) {
    std::size_t layers = 0;
    for (const UnetBlock& block : blocks) {
      for (const SpatialTransformer& transformer : block.transformers) {
        layers += transformer.blocks.size();
      }
    }
    return layers;
  };
  return static_cast<int>(count(trunk.down) + trunk.mid.transformer.blocks.size() + count(up));
}

Result<Unet> LoadUnet(const UnetConfig& config, Weights weights) {
  const UnetTrunkConfig& shape = config.trunk;
  int layers = 0;
  Unet unet;
  unet.trunk = TakeTrunk(weights, shape, layers);
  BlockReader reader(weights, shape, layers);
  for (std::size_t number = 0; number < shape.channels.size(); ++number) {
    unet.up.push_back(reader.Up(number, config.up_attention[number]));
  }
  const int first = shape.channels.front();
  unet.norm_out =
      TakeGroupNorm(weights, "conv_norm_out", first, {shape.norm_groups, shape.norm_eps});
  unet.conv_out = TakeConv(weights, "conv_out", first, config.out_channels);
  WEFT_RETURN_IF_ERROR(weights.Finish());
  return unet;
}

}  // namespace weft::models
