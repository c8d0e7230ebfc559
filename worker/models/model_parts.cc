#include "worker/models/model_parts.h"

#include <utility>

#include "worker/models/lora.h"

namespace weft::models {
namespace {

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
    Result<Weights> weights = Weights::Open(Part::kControlNet, options.controlnets[i], placement);
    parts.controlnets.push_back(complaints.Keep(
        weights ? LoadControlNet(parts.configs.controlnets[i], std::move(weights).value())
                : Result<ControlNet>(Failure(weights.error()))));
  }
  WEFT_RETURN_IF_ERROR(complaints.status());
  return parts;
}

}  // namespace weft::models
