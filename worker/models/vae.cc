#include "worker/models/vae.h"

#include <utility>

#include "worker/models/attend.h"

namespace weft::models {
namespace {

constexpr double kNormEps = 1e-6;  // Fixed in AutoencoderKL.

class HalfReader {
 public:
  HalfReader(Weights& weights, const VaeConfig& config, std::string name)
      : weights_(weights), config_(config), name_(std::move(name)) {}

  VaeHalf Encoder() {
    VaeHalf half;
    int in = config_.channels.front();
    half.conv_in = TakeConv(weights_, name_ + ".conv_in", config_.image_channels, in);
    for (std::size_t i = 0; i < config_.channels.size(); ++i) {
      const int out = config_.channels[i];
      const std::string block = name_ + ".down_blocks." + std::to_string(i);
      half.levels.push_back({Resnets(block, config_.layers, in, out), {}, {}});
      if (i + 1 < config_.channels.size()) {
        Conv& shrink = half.levels.back().shrink;
        shrink = TakeConv(weights_, block + ".downsamplers.0.conv", out, out);
        shrink.stride = 2;
        shrink.padding = 0;
      }
      in = out;
    }
    Ends(half, in, 2 * config_.latent_channels);
    return half;
  }

  VaeHalf Decoder() {
    VaeHalf half;
    int in = config_.channels.back();
    half.conv_in = TakeConv(weights_, name_ + ".conv_in", config_.latent_channels, in);
    for (std::size_t i = 0; i < config_.channels.size(); ++i) {
      const int out = config_.channels[config_.channels.size() - 1 - i];
      const std::string block = name_ + ".up_blocks." + std::to_string(i);
      half.levels.push_back({Resnets(block, config_.layers + 1, in, out), {}, {}});
      if (i + 1 < config_.channels.size()) {
        const Conv conv = TakeUnpackedConv(weights_, block + ".upsamplers.0.conv", out, out);
        // What stands for a missing tensor is not worth the work: Finish() refuses it.
        if (conv.weight.is_non_overlapping_and_dense()) {
          half.levels.back().grow = Doubling(conv);
        }
      }
      in = out;
    }
    Ends(half, in, config_.image_channels);
    return half;
  }

 private:
  // The middle, and what stands at the far end.
  void Ends(VaeHalf& half, int width_out, int channels_out) {
    const int width = config_.channels.back();
    half.mid_before =
        TakeResnet(weights_, name_ + ".mid_block.resnets.0", {width, width, 0}, Norm());
    half.mid_after =
        TakeResnet(weights_, name_ + ".mid_block.resnets.1", {width, width, 0}, Norm());
    if (config_.mid_attention) {
      half.mid_attention = Attention(name_ + ".mid_block.attentions.0", width);
    }
    half.norm_out = TakeGroupNorm(weights_, name_ + ".conv_norm_out", width_out, Norm());
    half.conv_out = TakeConv(weights_, name_ + ".conv_out", width_out, channels_out);
  }

  VaeAttention Attention(const std::string& name, int width) {
    VaeAttention attention;
    attention.norm = TakeGroupNorm(weights_, name + ".group_norm", width, Norm());
    attention.to_q = TakeLinear(weights_, name + ".to_q", width, width);
    attention.to_k = TakeLinear(weights_, name + ".to_k", width, width);
    attention.to_v = TakeLinear(weights_, name + ".to_v", width, width);
    attention.to_out = TakeLinear(weights_, name + ".to_out.0", width, width);
    // Output weights of zero add exactly nothing (a model trained without this layer has them), and
    // attention over all cells is the dearest layer of a VAE.
    return attention.to_out.IsZero() ? VaeAttention{} : attention;
  }

  std::vector<ResnetBlock> Resnets(const std::string& block, int count, int in, int out) {
    std::vector<ResnetBlock> resnets;
    for (int i = 0; i < count; ++i) {
      resnets.push_back(TakeResnet(weights_, block + ".resnets." + std::to_string(i),
                                   {i == 0 ? in : out, out, 0}, Norm()));
    }
    return resnets;
  }

  [[nodiscard]] NormSpec Norm() const { return {config_.norm_groups, kNormEps}; }

  Weights& weights_;
  const VaeConfig& config_;
  std::string name_;
};

}  // namespace

at::Tensor VaeAttention::operator()(const at::Tensor& x) const {
  const at::Tensor tokens = ToTokens(norm(x));
  const at::Tensor mixed = Attend(to_q(tokens), to_k(tokens), to_v(tokens), 1);
  return ToPicture(to_out(mixed), x.size(2), x.size(3)).add_(x);
}

at::Tensor VaeHalf::Middle(const at::Tensor& x) const {
  at::Tensor h = mid_before(x, {});
  if (mid_attention.to_out.Exists()) {
    h = mid_attention(h);
  }
  return mid_after(h, {});
}

at::Tensor Vae::Encode(const at::Tensor& picture) const {
  at::Tensor x = encoder.conv_in(picture);
  for (const VaeLevel& level : encoder.levels) {
    for (const ResnetBlock& resnet : level.resnets) {
      x = resnet(x, {});
    }
    if (level.shrink.Exists()) {
      // The encoder pads at the right and the bottom only.
      x = level.shrink(at::constant_pad_nd(x, {0, 1, 0, 1}));
    }
  }
  x = encoder.conv_out(encoder.norm_out.Silu(encoder.Middle(x)));
  return quant_conv.Exists() ? Pointwise(quant_conv, x) : x;
}

at::Tensor Vae::Decode(const at::Tensor& latents) const {
  at::Tensor x = post_quant_conv.Exists() ? Pointwise(post_quant_conv, latents) : latents;
  x = decoder.Middle(decoder.conv_in(x));
  for (const VaeLevel& level : decoder.levels) {
    for (const ResnetBlock& resnet : level.resnets) {
      x = resnet(x, {});
    }
    if (level.grow.Exists()) {
      x = level.grow(x);
    }
  }
  return decoder.conv_out(decoder.norm_out.Silu(x));
}

Result<Vae> LoadVae(const VaeConfig& config, Weights weights) {
  Vae vae;
  vae.config = config;
  vae.encoder = HalfReader(weights, config, "encoder").Encoder();
  vae.decoder = HalfReader(weights, config, "decoder").Decoder();
  const int latent = config.latent_channels;
  if (config.quant_conv) {
    vae.quant_conv = TakePointwise(weights, "quant_conv", 2 * latent, 2 * latent);
  }
  if (config.post_quant_conv) {
    vae.post_quant_conv = TakePointwise(weights, "post_quant_conv", latent, latent);
  }
  WEFT_RETURN_IF_ERROR(weights.Finish());
  return vae;
}

}  // namespace weft::models
