#include "worker/models/model_configs.h"

#include <algorithm>
#include <utility>

namespace weft::models {
namespace {

constexpr int kPromptTokens = 77;

tl::unexpected<Error> Misfit(const std::string& place, const std::string& what) {
  return Failure(ErrorCode::kInvalidArgument, place + ": " + what);
}

std::string List(const std::vector<int>& values) {
  std::string text = "[";
  for (const int value : values) {
    text += (text.size() > 1 ? ", " : "") + std::to_string(value);
  }
  return text + "]";
}

Status CheckText(const ModelConfigs& configs, const ModelOptions& options) {
  const TextEncoderConfig& text = configs.text;
  if (text.positions < kPromptTokens) {
    return Misfit(options.model, "the text encoder has " + std::to_string(text.positions) +
                                     " positions; prompts take 77");
  }
  const Status skip = CheckClipSkip(options.clip_skip, text);
  if (!skip) {
    return Failure(skip.error().Within(options.model));
  }
  const std::vector<int>& contexts = configs.unet.trunk.context_width;
  const auto other = std::find_if(contexts.begin(), contexts.end(),
                                  [&](int context) { return context != text.width; });
  if (other != contexts.end()) {
    return Misfit(options.model, "the UNet's cross_attention_dim is " + std::to_string(*other) +
                                     ", the text encoder's hidden_size " +
                                     std::to_string(text.width));
  }
  return {};
}

Status CheckVae(const ModelConfigs& configs, const ModelOptions& options) {
  const int in = configs.unet.trunk.in_channels;
  const int out = configs.unet.out_channels;
  if (in == configs.vae.latent_channels && out == configs.vae.latent_channels) {
    return {};
  }
  return Misfit(VaePlace(options),
                "the VAE's latent_channels are " + std::to_string(configs.vae.latent_channels) +
                    ", the UNet takes " + std::to_string(in) + " and gives " + std::to_string(out));
}

Status CheckControlNet(const ControlNetConfig& net,
                       const ModelConfigs& configs,
                       const std::string& place) {
  const UnetTrunkConfig& unet = configs.unet.trunk;
  const UnetTrunkConfig& own = net.trunk;
  const auto differ = [&](const char* field, const std::vector<int>& a, const std::vector<int>& b) {
    return Misfit(place, std::string("made for another UNet: its ") + field + " are " + List(a) +
                             ", the model's " + List(b));
  };
  if (own.channels != unet.channels) {
    return differ("block_out_channels", own.channels, unet.channels);
  }
  if (own.layers != unet.layers) {
    return differ("layers_per_block", own.layers, unet.layers);
  }
  if (own.context_width != unet.context_width) {
    return differ("cross_attention_dim", own.context_width, unet.context_width);
  }
  if (own.in_channels != unet.in_channels) {
    return differ("in_channels", {own.in_channels}, {unet.in_channels});
  }
  const int shrinks = 1 << (net.condition_widths.size() - 1);
  if (shrinks != configs.vae.factor()) {
    return Misfit(place, "its conditioning_embedding_out_channels shrink a map by " +
                             std::to_string(shrinks) + ", the VAE a picture by " +
                             std::to_string(configs.vae.factor()));
  }
  return {};
}

}  // namespace

Status CheckClipSkip(int clip_skip, const TextEncoderConfig& text) {
  if (clip_skip >= 0 && clip_skip < text.layers) {
    return {};
  }
  return Failure(ErrorCode::kInvalidArgument,
                 "clip_skip " + std::to_string(clip_skip) + ": the text encoder has " +
                     std::to_string(text.layers) + " layers, of which 0 to " +
                     std::to_string(text.layers - 1) + " can be left out");
}

const std::string& VaePlace(const ModelOptions& options) {
  return options.vae.empty() ? options.model : options.vae;
}

Result<ModelConfigs> ReadModelConfigs(const ModelOptions& options) {
  const std::string& model = options.model;
  WEFT_RETURN_IF_ERROR(CheckModelIndex(model));
  ModelConfigs configs;
  WEFT_ASSIGN_OR_RETURN(configs.schedule, ReadNoiseSchedule(model));
  WEFT_ASSIGN_OR_RETURN(configs.text, ReadTextEncoderConfig(model));
  WEFT_ASSIGN_OR_RETURN(configs.unet, ReadUnetConfig(model));
  WEFT_ASSIGN_OR_RETURN(configs.vae, ReadVaeConfig(VaePlace(options)));
  WEFT_RETURN_IF_ERROR(CheckVae(configs, options));
  WEFT_RETURN_IF_ERROR(CheckText(configs, options));
  for (const std::string& place : options.controlnets) {
    WEFT_ASSIGN_OR_RETURN(ControlNetConfig net, ReadControlNetConfig(place));
    WEFT_RETURN_IF_ERROR(CheckControlNet(net, configs, place));
    configs.controlnets.push_back(std::move(net));
  }
  return configs;
}

}  // namespace weft::models
