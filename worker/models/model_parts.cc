#include "worker/models/model_parts.h"

#include <algorithm>
#include <utility>

#include "worker/models/lora.h"

namespace weft::models {
namespace {

constexpr int kPromptTokens = 77;

Error Misfit(const std::string& what) {
  return {ErrorCode::kInvalidArgument, what};
}

Status CheckText(const TextEncoderConfig& text, const UnetTrunkConfig& trunk) {
  if (text.positions < kPromptTokens) {
    return Failure(Misfit("the text encoder has fewer than 77 positions"));
  }
  if (std::any_of(trunk.context_width.begin(), trunk.context_width.end(),
                  [&text](int context) { return context != text.width; })) {
    return Failure(Misfit("the UNet's cross_attention_dim is not the text encoder's hidden_size"));
  }
  return {};
}

Status CheckControlNet(const ControlNetConfig& controlnet, const ModelConfigs& configs) {
  const UnetTrunkConfig& trunk = configs.unet.trunk;
  const UnetTrunkConfig& control = controlnet.trunk;
  if (control.channels != trunk.channels || control.layers != trunk.layers ||
      control.in_channels != trunk.in_channels || control.context_width != trunk.context_width) {
    return Failure(Misfit("the ControlNet was made for another UNet"));
  }
  if (1 << (controlnet.condition_widths.size() - 1) != configs.vae.factor()) {
    return Failure(Misfit(
        "the ControlNet's conditioning_embedding_out_channels do not shrink by the VAE's factor"));
  }
  return {};
}

Status CheckTogether(const ModelConfigs& configs, const ModelOptions& options) {
  const UnetTrunkConfig& trunk = configs.unet.trunk;
  if (trunk.in_channels != configs.vae.latent_channels ||
      configs.unet.out_channels != configs.vae.latent_channels) {
    return Failure(
        Misfit("the UNet's in_channels or out_channels are not the VAE's latent_channels")
            .Within(options.model));
  }
  const Status text = CheckText(configs.text, trunk);
  if (!text) {
    return Failure(text.error().Within(options.model));
  }
  for (std::size_t i = 0; i < configs.controlnets.size(); ++i) {
    const Status controlnet = CheckControlNet(configs.controlnets[i], configs);
    if (!controlnet) {
      return Failure(controlnet.error().Within(options.controlnets[i]));
    }
  }
  return {};
}

const std::string& VaePlace(const ModelOptions& options) {
  return options.vae.empty() ? options.model : options.vae;
}

// Goes on behind a part that does not fit, so that one message names all that is wrong.
class Complaints {
 public:
  template <typename Network>
  Network Keep(Result<Network> network) {
    if (network) {
      return std::move(network).value();
    }
    if (message_.empty()) {
      code_ = network.error().code();
    }
    message_ += (message_.empty() ? "" : "; ") + network.error().message();
    return {};
  }

  [[nodiscard]] Status status() const {
    return message_.empty() ? Status() : Failure(code_, message_);
  }

 private:
  ErrorCode code_ = ErrorCode::kInvalidArgument;
  std::string message_;
};

}  // namespace

Result<ModelConfigs> ReadModelConfigs(const ModelOptions& options) {
  const std::string& model = options.model;
  WEFT_RETURN_IF_ERROR(CheckModelIndex(model));
  ModelConfigs configs;
  WEFT_ASSIGN_OR_RETURN(configs.schedule, ReadNoiseSchedule(model));
  WEFT_ASSIGN_OR_RETURN(configs.text, ReadTextEncoderConfig(model));
  WEFT_ASSIGN_OR_RETURN(configs.unet, ReadUnetConfig(model));
  WEFT_ASSIGN_OR_RETURN(configs.vae, ReadVaeConfig(VaePlace(options)));
  for (const std::string& place : options.controlnets) {
    WEFT_ASSIGN_OR_RETURN(ControlNetConfig controlnet, ReadControlNetConfig(place));
    configs.controlnets.push_back(std::move(controlnet));
  }
  WEFT_RETURN_IF_ERROR(CheckTogether(configs, options));
  return configs;
}

Result<ModelParts> LoadModelParts(const ModelOptions& options, const Placement& placement) {
  ModelParts parts;
  WEFT_ASSIGN_OR_RETURN(parts.configs, ReadModelConfigs(options));
  WEFT_ASSIGN_OR_RETURN(PartTensors unet, PartTensors::Open(Part::kUnet, options.model));
  WEFT_ASSIGN_OR_RETURN(PartTensors text, PartTensors::Open(Part::kTextEncoder, options.model));
  WEFT_ASSIGN_OR_RETURN(LoraMerges loras, ReadLoras(options.loras, unet, text));

  const Placement exact = {placement.device, at::kFloat};
  const bool upcast = placement.type == at::kHalf && parts.configs.vae.force_upcast;
  WEFT_ASSIGN_OR_RETURN(Weights vae,
                        Weights::Open(Part::kVae, VaePlace(options), upcast ? exact : placement));
  Complaints complaints;
  parts.text = complaints.Keep(
      LoadTextEncoder(parts.configs.text, Weights(std::move(text), exact, std::move(loras.text))));
  parts.vae = complaints.Keep(LoadVae(parts.configs.vae, std::move(vae)));
  parts.unet = complaints.Keep(
      LoadUnet(parts.configs.unet, Weights(std::move(unet), placement, std::move(loras.unet))));
  for (std::size_t i = 0; i < options.controlnets.size(); ++i) {
    WEFT_ASSIGN_OR_RETURN(Weights weights,
                          Weights::Open(Part::kControlNet, options.controlnets[i], placement));
    parts.controlnets.push_back(
        complaints.Keep(LoadControlNet(parts.configs.controlnets[i], std::move(weights))));
  }
  WEFT_RETURN_IF_ERROR(complaints.status());
  return parts;
}

}  // namespace weft::models
