#include "worker/models/part_tensors.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

namespace weft::models {
namespace {

namespace fs = std::filesystem;

constexpr const char* kUnetPrefix = "model.diffusion_model.";
constexpr const char* kVaePrefix = "first_stage_model.";
constexpr const char* kTextPrefix = "cond_stage_model.";
constexpr const char* kControlNetPrefix = "control_model.";

// What training leaves in the files that people share: schedules, averages, losses, marks.
constexpr std::array kLeftovers = {"betas",
                                   "alphas_cumprod",
                                   "sqrt_alphas_cumprod",
                                   "sqrt_one_minus_alphas_cumprod",
                                   "sqrt_recip",
                                   "posterior_",
                                   "logvar",
                                   "log_one_minus_alphas_cumprod",
                                   "lvlb_weights",
                                   "model_ema.",
                                   "loss.",
                                   "embedding_manager.",
                                   "scale_factor",
                                   "global_step",
                                   "v_pred",
                                   "ztsnr",
                                   "cond_stage_model.logit_scale",
                                   "cond_stage_model.text_projection",
                                   "cond_stage_model.model.logit_scale",
                                   "cond_stage_model.model.text_projection",
                                   "cond_stage_model.model.attn_mask"};

struct PartNames {
  const char* shown;   // In messages.
  const char* folder;  // Of a diffusers model.
  const char* stem;    // Of the file in it.
  const char* prefix;  // In a file that holds several parts.
};

const PartNames& NamesOf(Part part) {
  static constexpr PartNames kText = {"text encoder", "text_encoder", "model", kTextPrefix};
  static constexpr PartNames kUnet = {"UNet", "unet", "diffusion_pytorch_model", kUnetPrefix};
  static constexpr PartNames kVae = {"VAE", "vae", "diffusion_pytorch_model", kVaePrefix};
  static constexpr PartNames kControlNet = {"ControlNet", "controlnet", "diffusion_pytorch_model",
                                            kControlNetPrefix};
  switch (part) {
    case Part::kTextEncoder:
      return kText;
    case Part::kUnet:
      return kUnet;
    case Part::kVae:
      return kVae;
    case Part::kControlNet:
      break;
  }
  return kControlNet;
}

bool Begins(const std::string& text, std::string_view beginning) {
  return text.compare(0, beginning.size(), beginning) == 0;
}

Names NamesIn(const std::map<std::string, HeldTensor>& tensors) {
  Names names;
  for (const auto& [name, held] : tensors) {
    names.insert(names.end(), name);
  }
  return names;
}

// The names behind `prefix`.
Names Inner(const Names& names, const std::string& prefix) {
  Names inner;
  for (auto name = names.lower_bound(prefix); name != names.end() && Begins(*name, prefix);
       ++name) {
    inner.insert(inner.end(), name->substr(prefix.size()));
  }
  return inner;
}

// Where the text encoder's names begin: SD 1 has CLIP as transformers stores it (older files spare
// a level or two), SD 2 OpenCLIP.
std::string TextPrefix(const Names& names) {
  for (const char* prefix : {"cond_stage_model.model.", "cond_stage_model.transformer."}) {
    if (AnyBegins(names, prefix)) {
      return prefix;
    }
  }
  return kTextPrefix;
}

std::string PrefixOf(Part part, const Names& names) {
  if (part == Part::kTextEncoder) {
    return TextPrefix(names);
  }
  const std::string prefix = NamesOf(part).prefix;
  const bool alone = part != Part::kUnet && !AnyBegins(names, prefix);
  return alone ? "" : prefix;
}

// Is it what training left? `name` as the file has it.
bool IsLeftover(const std::string& name) {
  return std::any_of(kLeftovers.begin(), kLeftovers.end(),
                     [&](const char* leftover) { return Begins(name, leftover); });
}

// Does a name that is not the part's belong to another one, or to nothing that matters?
bool IsPassedOver(Part part, const std::string& name, const Names& names) {
  if (IsLeftover(name)) {
    return true;
  }
  if (part == Part::kTextEncoder) {
    return !Begins(name, kTextPrefix);
  }
  // Of a whole model, the UNet's turn is the one to complain of what belongs to no part.
  const bool whole = part != Part::kUnet && AnyBegins(names, kUnetPrefix);
  return whole || (part != Part::kVae && (Begins(name, kVaePrefix) || Begins(name, kTextPrefix))) ||
         (part == Part::kUnet && Begins(name, kControlNetPrefix));
}

std::vector<NamePair> OldVaeNames() {
  std::vector<NamePair> pairs;
  for (const std::string half : {"encoder", "decoder"}) {
    const std::string attention = half + ".mid_block.attentions.0.";
    pairs.push_back({attention + "query", attention + "to_q"});
    pairs.push_back({attention + "key", attention + "to_k"});
    pairs.push_back({attention + "value", attention + "to_v"});
    pairs.push_back({attention + "proj_attn", attention + "to_out.0"});
  }
  return pairs;
}

bool HasOldVaeNames(const Names& names) {
  return std::any_of(names.begin(), names.end(), [](const std::string& name) {
    return name.find(".attentions.0.query.") != std::string::npos;
  });
}

}  // namespace

bool IsSingleFile(const std::string& place) {
  std::error_code ignored;
  const std::string extension = fs::path(place).extension().string();
  return fs::is_regular_file(place, ignored) ||
         (extension == ".safetensors" && !fs::is_directory(place, ignored));
}

std::string PlaceOf(Part part, const std::string& place) {
  std::error_code ignored;
  const bool own = IsSingleFile(place) || fs::exists(place + "/config.json", ignored);
  return own ? place : place + "/" + NamesOf(part).folder;
}

Result<PartTensors> PartTensors::Open(Part part, const std::string& place) {
  PartTensors tensors;
  tensors.single_file_ = IsSingleFile(place);
  tensors.path_ = place;
  if (!tensors.single_file_) {
    WEFT_ASSIGN_OR_RETURN(tensors.path_, FindWeights(PlaceOf(part, place), NamesOf(part).stem));
  }
  WEFT_ASSIGN_OR_RETURN(StoredTensors stored, OpenTensors(tensors.path_));
  tensors.metadata_ = std::move(stored.metadata);
  const Status kept = tensors.KeepPart(part, stored);
  if (!kept) {
    return Failure(kept.error().Within(tensors.path_));
  }
  return tensors;
}

Status PartTensors::KeepPart(Part part, StoredTensors& stored) {
  stored_names_ = NamesIn(stored.tensors);
  const Names& names = stored_names_;
  if (single_file_ && AnyBegins(names, "conditioner.embedders.")) {
    return Failure(ErrorCode::kUnsupported,
                   "is a model of the SDXL family; Weft reads Stable Diffusion 1 and 2");
  }
  prefix_ = single_file_ ? PrefixOf(part, names) : "";
  const Names inner = Inner(names, prefix_);
  ChooseNames(part, inner);
  for (auto& [name, held] : stored.tensors) {
    // A part alone in its file may have no prefix: every name begins with it, leftovers too.
    if (single_file_ && IsLeftover(name)) {
      continue;
    }
    if (Begins(name, prefix_)) {
      Add(part, name.substr(prefix_.size()), name, std::move(held));
    } else if (!IsPassedOver(part, name, names)) {
      // No layer asks for a name of this kind.
      tensors_.emplace("?" + name, PartTensor{name, std::move(held)});
    }
  }
  if (inner.empty()) {
    const std::string wanted = NamesOf(part).prefix;
    return Failure(ErrorCode::kInvalidArgument, std::string("has no ") + NamesOf(part).shown +
                                                    ": no tensor is named " + wanted + "*");
  }
  return {};
}

// inner: the part's names without prefix.
void PartTensors::ChooseNames(Part part, const Names& inner) {
  switch (part) {
    case Part::kUnet:
      if (AnyBegins(inner, "input_blocks.")) {
        name_map_ = NameMap(UnetNames(LayoutOfLdm(inner)));
      }
      return;
    case Part::kControlNet:
      if (AnyBegins(inner, "input_blocks.")) {
        const int entries = CountNumbered(inner, "input_hint_block.");
        name_map_ = NameMap(ControlNetNames(LayoutOfLdm(inner), (entries + 1) / 2));
      }
      return;
    case Part::kVae:
      if (AnyBegins(inner, "encoder.down.") || AnyBegins(inner, "decoder.up.")) {
        name_map_ = NameMap(VaeNames(
            std::max(CountNumbered(inner, "encoder.down."), CountNumbered(inner, "decoder.up."))));
      } else if (HasOldVaeNames(inner)) {
        // As diffusers spelled them before version 0.13, and SD 1.5's own files still do.
        name_map_ = NameMap(OldVaeNames());
      }
      return;
    case Part::kTextEncoder:
      break;
  }
  open_clip_ = AnyBegins(inner, "transformer.resblocks.");
  if (open_clip_) {
    // SD 2 was trained on what comes before the last layer, which therefore is not part of the
    // model: Rombach et al., "FrozenOpenCLIPEmbedder", layer "penultimate".
    const int layers = CountNumbered(inner, "transformer.resblocks.");
    last_layer_ = "transformer.resblocks." + std::to_string(layers - 1) + ".";
    name_map_ = NameMap(OpenClipNames(layers - 1));
  } else if (!AnyBegins(inner, "text_model.")) {
    name_map_ = NameMap({{"embeddings", "text_model.embeddings"},
                         {"encoder", "text_model.encoder"},
                         {"final_layer_norm", "text_model.final_layer_norm"}});
  }
}

void PartTensors::Add(Part part,
                      const std::string& inner,
                      const std::string& name,
                      HeldTensor held) {
  if (part == Part::kTextEncoder && single_file_) {
    if (open_clip_ && Begins(inner, last_layer_)) {
      return;
    }
    constexpr std::int64_t kParts = 3;
    if (open_clip_ && inner.find(".attn.in_proj_") != std::string::npos &&
        !held.tensor.shape.empty() && held.tensor.shape.front() % kParts == 0) {
      AddSplit(inner, name, held);
      return;
    }
  }
  const std::string ours = name_map_.ToDiffusers(inner);
  std::vector<std::int64_t>& shape = held.tensor.shape;
  constexpr std::size_t kConvSides = 4;
  if (part == Part::kVae && ours.find(".attentions.0.to_") != std::string::npos &&
      shape.size() == kConvSides && shape[2] == 1 && shape[3] == 1) {
    shape.resize(2);  // LDM spells the attention's linear layers as 1 x 1 convolutions.
  }
  PartTensor tensor{name, std::move(held)};
  if (!tensors_.try_emplace(ours, tensor).second) {
    tensors_.emplace("?" + name, std::move(tensor));  // Two spellings of one layer.
  }
}

// Query, key and value lie on top of each other.
void PartTensors::AddSplit(const std::string& inner,
                           const std::string& name,
                           const HeldTensor& held) {
  const std::string query = name_map_.ToDiffusers(inner);
  const std::size_t at = query.find(".q_proj");
  if (at == std::string::npos) {
    tensors_.emplace("?" + name, PartTensor{name, held});
    return;
  }
  std::size_t number = 0;
  for (const char* third : {".q_proj", ".k_proj", ".v_proj"}) {
    HeldTensor part = held;
    part.tensor.shape.front() /= 3;
    part.tensor.byte_count /= 3;
    part.tensor.bytes += number * part.tensor.byte_count;
    std::string ours = query;
    ours.replace(at, std::string_view(".q_proj").size(), third);
    tensors_.emplace(std::move(ours), PartTensor{name, std::move(part)});
    ++number;
  }
}

Names PartTensors::names() const {
  Names names;
  for (const auto& [name, tensor] : tensors_) {
    names.insert(names.end(), name);
  }
  return names;
}

std::string PartTensors::StoredName(const std::string& name) const {
  const auto found = tensors_.find(name);
  return found != tensors_.end() ? found->second.stored_name : prefix_ + name_map_.ToLdm(name);
}

}  // namespace weft::models
