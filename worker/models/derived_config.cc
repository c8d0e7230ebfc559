#include "worker/models/derived_config.h"

#include <algorithm>
#include <string>
#include <vector>

namespace weft::models {
namespace {

constexpr int kLevelsMax = 8;
constexpr std::int64_t kSideMax = 65536;
constexpr int kWideContext = 1024;  // Stable Diffusion 2's.
constexpr int kHeadWidth = 64;      // SD 2's UNet and all of CLIP's text encoders.
constexpr int kHeads = 8;           // SD 1's UNet.

std::string Numbered(const std::string& name, int number) {
  return name + "." + std::to_string(number);
}

// Counts what tensors say about one size.
class Votes {
 public:
  explicit Votes(const PartTensors& tensors) : tensors_(tensors) {}

  // Of the tensor named `name`, if it is there and has such a side.
  Votes& Side(const std::string& name, std::size_t side, int divisor = 1) {
    const auto found = tensors_.tensors().find(name);
    if (found != tensors_.tensors().end()) {
      Count(found->second, side, divisor);
    }
    return *this;
  }

  // Of all tensors whose names begin and go on like this; `without`: but for these.
  Votes& Sides(const std::string& beginning,
               const std::string& part,
               std::size_t side,
               const char* without = nullptr) {
    const auto& tensors = tensors_.tensors();
    for (auto tensor = tensors.lower_bound(beginning);
         tensor != tensors.end() && tensor->first.compare(0, beginning.size(), beginning) == 0;
         ++tensor) {
      const bool wanted = tensor->first.find(part, beginning.size()) != std::string::npos;
      if (wanted && (without == nullptr || tensor->first.find(without) == std::string::npos)) {
        Count(tensor->second, side, 1);
      }
    }
    return *this;
  }

  void Add(int size) { ++votes_[size]; }

  // absent: where nobody voted.
  [[nodiscard]] int Winner(int absent) const {
    const auto most = std::max_element(
        votes_.begin(), votes_.end(),
        [](const auto& one, const auto& other) { return one.second < other.second; });
    return most == votes_.end() ? absent : most->first;
  }

 private:
  void Count(const PartTensor& tensor, std::size_t side, int divisor) {
    const std::vector<std::int64_t>& shape = tensor.held.tensor.shape;
    if (side < shape.size() && shape[side] >= divisor && shape[side] <= kSideMax) {
      ++votes_[static_cast<int>(shape[side]) / divisor];
    }
  }

  const PartTensors& tensors_;
  std::map<int, int> votes_;
};

Error Incomplete(const PartTensors& tensors, const std::string& what) {
  return {ErrorCode::kInvalidArgument, tensors.path() + ": " + what};
}

Error Unsupported(const PartTensors& tensors, const std::string& what) {
  return {ErrorCode::kUnsupported, tensors.path() + ": " + what};
}

// Channels of each level, from the finest. down, up: "down_blocks" and, where there is one, the way
// up, which counts from the other end.
Result<std::vector<int>> Channels(const PartTensors& tensors,
                                  const std::string& down,
                                  const std::string& up) {
  const Names names = tensors.names();
  const int levels = std::max(CountNumbered(names, down + "."), CountNumbered(names, up + "."));
  if (levels < 1 || levels > kLevelsMax) {
    return Failure(Incomplete(tensors, "has " + std::to_string(levels) + " levels of " + down));
  }
  std::vector<int> channels;
  for (int level = 0; level < levels; ++level) {
    // All but the first norm are as wide as what the resnet gives.
    Votes votes(tensors);
    votes.Sides(Numbered(down, level) + ".resnets.", ".", 0, ".norm1.");
    votes.Sides(Numbered(up, levels - 1 - level) + ".resnets.", ".", 0, ".norm1.");
    channels.push_back(votes.Winner(0));
    constexpr int kNormGroups = 32;
    if (channels.back() < 1 || channels.back() % kNormGroups != 0) {
      return Failure(
          Unsupported(tensors, Numbered(down, level) + " is " + std::to_string(channels.back()) +
                                   " channels wide, which 32 norm groups do not divide"));
    }
  }
  return channels;
}

// Blocks of the deepest transformer of a level.
int DepthAt(const Names& names, const std::string& block) {
  int depth = 0;
  for (int i = 0; i < CountNumbered(names, block + ".attentions."); ++i) {
    depth = std::max(
        depth, CountNumbered(names, Numbered(block + ".attentions", i) + ".transformer_blocks."));
  }
  return depth;
}

bool ProjectsLinearly(const PartTensors& tensors) {
  int linear = 0;
  for (const auto& [name, tensor] : tensors.tensors()) {
    if (name.find(".proj_in.weight") != std::string::npos) {
      linear += tensor.held.tensor.shape.size() == 2 ? 1 : -1;
    }
  }
  return linear > 0;
}

void SetHeads(UnetTrunkConfig& trunk) {
  const bool wide = trunk.context_width.front() == kWideContext;
  for (const int channels : trunk.channels) {
    trunk.heads.push_back(wide ? std::max(1, channels / kHeadWidth) : kHeads);
  }
  trunk.upcast_attention = wide;
}

Result<UnetTrunkConfig> DeriveTrunk(const PartTensors& tensors) {
  const Names names = tensors.names();
  UnetTrunkConfig trunk;
  WEFT_ASSIGN_OR_RETURN(trunk.channels, Channels(tensors, "down_blocks", "up_blocks"));
  const int levels = static_cast<int>(trunk.channels.size());
  const int context = Votes(tensors)
                          .Sides("", ".attn2.to_k.weight", 1)
                          .Sides("", ".attn2.to_v.weight", 1)
                          .Winner(0);
  if (context < 1) {
    return Failure(Unsupported(tensors, "has no cross attention"));
  }
  for (int level = 0; level < levels; ++level) {
    const std::string down = Numbered("down_blocks", level);
    const std::string up = Numbered("up_blocks", levels - 1 - level);
    trunk.layers.push_back(std::max(CountNumbered(names, down + ".resnets."),
                                    CountNumbered(names, up + ".resnets.") - 1));
    trunk.down_attention.push_back(AnyBegins(names, down + ".attentions."));
    int depth = std::max(DepthAt(names, down), DepthAt(names, up));
    if (level == levels - 1) {
      depth = std::max(depth, DepthAt(names, "mid_block"));
    }
    trunk.transformer_depth.push_back(std::max(1, depth));
    trunk.context_width.push_back(context);
  }
  trunk.linear_projection = ProjectsLinearly(tensors);
  SetHeads(trunk);
  return trunk;
}

// A UNet that sees more than the latents: a mask and a masked picture, a depth, …
bool SeesMore(const PartTensors& tensors, int latent_channels) {
  const int sees = Votes(tensors).Side("conv_in.weight", 1).Winner(latent_channels);
  constexpr int kMask = 1;
  return sees == latent_channels + kMask || sees == 2 * latent_channels ||
         sees == 2 * latent_channels + kMask;
}

// What a file says of its prediction, what it was told outright before what follows from its kind.
bool PredictsVelocity(const PartTensors& unet, int context_width) {
  const std::map<std::string, std::string>& metadata = unet.metadata();
  const auto said = metadata.find("modelspec.prediction_type");
  if (said != metadata.end()) {
    return said->second == "v" || said->second == "v_prediction";
  }
  if (unet.stored_names().count("v_pred") > 0) {
    return true;
  }
  const auto family = metadata.find("modelspec.architecture");
  if (family != metadata.end() && family->second.rfind("stable-diffusion-", 0) == 0) {
    return family->second.find("-v2-768-v") != std::string::npos;
  }
  return context_width == kWideContext;
}

}  // namespace

Result<UnetConfig> DeriveUnetConfig(const PartTensors& tensors) {
  UnetConfig config;
  WEFT_ASSIGN_OR_RETURN(config.trunk, DeriveTrunk(tensors));
  config.out_channels = Votes(tensors)
                            .Side("conv_out.weight", 0)
                            .Side("conv_out.bias", 0)
                            .Side("conv_in.weight", 1)
                            .Winner(config.out_channels);
  config.trunk.in_channels = config.out_channels;
  if (SeesMore(tensors, config.out_channels)) {
    return Failure(Unsupported(tensors, tensors.StoredName("conv_in.weight") +
                                            " sees more than the latents: a model for inpainting, "
                                            "depth or instructions, which Weft does not run"));
  }
  const Names names = tensors.names();
  for (std::size_t number = 0; number < config.trunk.channels.size(); ++number) {
    config.up_attention.push_back(
        AnyBegins(names, Numbered("up_blocks", static_cast<int>(number)) + ".attentions."));
  }
  return config;
}

Result<ControlNetConfig> DeriveControlNetConfig(const PartTensors& tensors) {
  if (tensors.stored_names().count("difference") > 0) {
    return Failure(Unsupported(tensors,
                               "holds the difference to a UNet; Weft reads ControlNets that are "
                               "whole"));
  }
  ControlNetConfig config;
  WEFT_ASSIGN_OR_RETURN(config.trunk, DeriveTrunk(tensors));
  config.trunk.in_channels =
      Votes(tensors).Side("conv_in.weight", 1).Winner(config.trunk.in_channels);
  const std::string name = "controlnet_cond_embedding";
  const int blocks = CountNumbered(tensors.names(), name + ".blocks.");
  const int widths = (blocks + 1) / 2 + 1;
  for (int i = 0; i < widths; ++i) {
    Votes votes(tensors);
    const std::string before = i == 0 ? name + ".conv_in" : Numbered(name + ".blocks", 2 * i - 1);
    const std::string behind =
        i + 1 == widths ? name + ".conv_out" : Numbered(name + ".blocks", 2 * i);
    votes.Side(before + ".weight", 0).Side(before + ".bias", 0).Side(behind + ".weight", 1);
    config.condition_widths.push_back(votes.Winner(0));
    if (config.condition_widths.back() < 1) {
      return Failure(Incomplete(tensors, "lacks " + tensors.StoredName(before + ".weight") +
                                             ", which reads the control map"));
    }
  }
  return config;
}

Result<VaeConfig> DeriveVaeConfig(const PartTensors& tensors) {
  const Names names = tensors.names();
  VaeConfig config;
  WEFT_ASSIGN_OR_RETURN(config.channels,
                        Channels(tensors, "encoder.down_blocks", "decoder.up_blocks"));
  config.latent_channels = Votes(tensors)
                               .Side("decoder.conv_in.weight", 1)
                               .Side("post_quant_conv.weight", 0)
                               .Side("post_quant_conv.bias", 0)
                               .Side("quant_conv.weight", 0, 2)
                               .Side("quant_conv.bias", 0, 2)
                               .Side("encoder.conv_out.bias", 0, 2)
                               .Winner(config.latent_channels);
  Votes layers(tensors);
  for (int level = 0; level < static_cast<int>(config.channels.size()); ++level) {
    layers.Add(CountNumbered(names, Numbered("encoder.down_blocks", level) + ".resnets."));
    layers.Add(CountNumbered(names, Numbered("decoder.up_blocks", level) + ".resnets.") - 1);
  }
  config.layers = std::max(1, layers.Winner(config.layers));
  config.mid_attention = AnyBegins(names, "encoder.mid_block.attentions.") ||
                         AnyBegins(names, "decoder.mid_block.attentions.");
  config.quant_conv = AnyBegins(names, "quant_conv.");
  config.post_quant_conv = AnyBegins(names, "post_quant_conv.");
  return config;
}

Result<TextEncoderConfig> DeriveTextEncoderConfig(const PartTensors& tensors) {
  const std::string layers = "text_model.encoder.layers.";
  const std::string embeddings = "text_model.embeddings.";
  TextEncoderConfig config;
  config.vocabulary = Votes(tensors).Side(embeddings + "token_embedding.weight", 0).Winner(1);
  config.positions =
      Votes(tensors).Side(embeddings + "position_embedding.weight", 0).Winner(config.positions);
  config.width =
      Votes(tensors).Sides(layers, ".self_attn.", 0).Sides(layers, ".layer_norm", 0).Winner(0);
  config.mlp_width =
      Votes(tensors).Sides(layers, ".mlp.fc1.", 0).Sides(layers, ".mlp.fc2.weight", 1).Winner(0);
  config.layers = CountNumbered(tensors.names(), layers);
  if (config.layers < 1 || config.width < 1 || config.mlp_width < 1) {
    return Failure(Incomplete(tensors, "has no layers of a CLIP text encoder"));
  }
  config.heads = std::max(1, config.width / kHeadWidth);
  config.quick_gelu = !tensors.open_clip() && config.width != kWideContext;
  return config;
}

Result<NoiseScheduleConfig> DeriveNoiseSchedule(const PartTensors& unet) {
  if (unet.stored_names().count("ztsnr") > 0) {
    return Failure(
        Unsupported(unet,
                    "its noise schedule ends in noise alone (zero terminal signal-to-noise "
                    "ratio), which Weft does not sample"));
  }
  WEFT_ASSIGN_OR_RETURN(const UnetConfig config, DeriveUnetConfig(unet));
  const bool velocity = PredictsVelocity(unet, config.trunk.context_width.front());
  NoiseScheduleConfig schedule;
  schedule.prediction = velocity ? Prediction::kVelocity : Prediction::kEpsilon;
  return schedule;
}

}  // namespace weft::models
