#include "tests/golden/model_shelf.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <utility>

namespace weft::golden {
namespace {

namespace fs = std::filesystem;
using models::Part;

// The golden models' text encoders are tiny: their heads are 16 wide, where CLIP's are 64. A file
// cannot say so.
int SmallHeads(int width) {
  constexpr int kSmallHead = 16;
  constexpr int kClipWidth = 512;
  return width < kClipWidth ? std::max(1, width / kSmallHead) : 0;
}

// The first path that exists: in one of the folders, as named or with the extension left out.
std::string FindIn(const std::vector<std::string>& folders, const std::string& name) {
  for (const std::string& folder : folders) {
    for (const std::string& file : {name, name + ".safetensors"}) {
      const fs::path path = fs::path(folder) / file;
      std::error_code ignored;
      if (fs::exists(path, ignored)) {
        return path.string();
      }
    }
  }
  return "";
}

std::vector<std::string> Words(const std::string& text) {
  std::vector<std::string> words = {""};
  for (const char letter : text) {
    if (std::string(" ,;:+=()[]\"").find(letter) == std::string::npos) {
      words.back() += letter;
    } else if (!words.back().empty()) {
      words.emplace_back();
    }
  }
  return words;
}

bool Holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

bool NamesFile(const std::string& word) {
  return Holds(word, "_ldm") || fs::path(word).extension() == ".safetensors";
}

// The word that names a file of a part that the model has beside its own.
bool NamesPart(const std::string& word, const std::string& part) {
  return NamesFile(word) && Holds(word, "_" + part);
}

// The word that names the model: a file where one is named, else the first.
std::string ModelNamed(const std::vector<std::string>& words) {
  const auto file = std::find_if(words.begin(), words.end(), [](const std::string& word) {
    return NamesFile(word) && !NamesPart(word, "controlnet") && !NamesPart(word, "lora") &&
           !NamesPart(word, "vae");
  });
  return file != words.end() ? *file : words.front();
}

}  // namespace

ModelFolder::ModelFolder(ModelChoice choice, at::Device device)
    : choice_(std::move(choice)), placement_{device, at::kFloat} {
  choice_.model = fs::absolute(choice_.model).string();
  if (choice_.fp16_variant && !models::IsSingleFile(choice_.model)) {
    std::string pattern = (fs::temp_directory_path() / "weft-golden-XXXXXX").string();
    links_ = mkdtemp(pattern.data()) == nullptr ? std::string() : pattern;
  }
}

ModelFolder::~ModelFolder() {
  std::error_code ignored;
  if (!links_.empty()) {
    fs::remove_all(links_, ignored);
  }
}

Result<std::string> ModelFolder::Place(const std::string& part) {
  if (models::IsSingleFile(choice_.model)) {
    return choice_.model;
  }
  const fs::path folder = fs::path(choice_.model) / part;
  if (links_.empty() || fs::exists(fs::path(links_) / part)) {
    return (links_.empty() ? folder : fs::path(links_) / part).string();
  }
  const fs::path links = fs::path(links_) / part;
  std::error_code failure;
  fs::create_directories(links, failure);
  bool has_variant = false;
  for (const auto& entry : fs::directory_iterator(folder, failure)) {
    const std::string file = entry.path().filename().string();
    const bool variant = Holds(file, ".fp16.");
    if (variant || entry.path().extension() == ".json") {
      fs::create_symlink(entry.path(), links / file, failure);
    }
    has_variant = has_variant || variant;
  }
  if (failure) {
    return Failure(ErrorCode::kNotFound, folder.string() + ": " + failure.message());
  }
  return has_variant ? links.string() : folder.string();  // One that was saved in float32 only.
}

Status ModelFolder::ReadLoras() {
  if (!std::exchange(loras_read_, true) && !choice_.loras.empty()) {
    WEFT_ASSIGN_OR_RETURN(const std::string unet_place, Place("unet"));
    WEFT_ASSIGN_OR_RETURN(const std::string text_place, Place("text_encoder"));
    WEFT_ASSIGN_OR_RETURN(const auto unet, models::PartTensors::Open(Part::kUnet, unet_place));
    WEFT_ASSIGN_OR_RETURN(const auto text,
                          models::PartTensors::Open(Part::kTextEncoder, text_place));
    WEFT_ASSIGN_OR_RETURN(loras_, models::ReadLoras(choice_.loras, unet, text));
  }
  return {};
}

Result<int> ModelFolder::TextHeads(const models::TextEncoderConfig& config) const {
  if (choice_.text_heads > 0 || !models::IsSingleFile(choice_.model)) {
    return choice_.text_heads > 0 ? choice_.text_heads : config.heads;
  }
  // model_x_ldm.safetensors beside the folder model_x, whose config.json says it.
  const std::string stem = fs::path(choice_.model).stem().string();
  const fs::path folder = fs::path(choice_.model).parent_path() / stem.substr(0, stem.find("_ldm"));
  if (fs::is_directory(folder / "text_encoder")) {
    WEFT_ASSIGN_OR_RETURN(const auto own, models::ReadTextEncoderConfig(folder.string()));
    return own.heads;
  }
  const int small = SmallHeads(config.width);
  return small > 0 ? small : config.heads;
}

Result<const models::TextEncoder*> ModelFolder::Text() {
  if (text_.empty()) {
    WEFT_RETURN_IF_ERROR(ReadLoras());
    WEFT_ASSIGN_OR_RETURN(auto config, models::ReadTextEncoderConfig(choice_.model));
    WEFT_ASSIGN_OR_RETURN(config.heads, TextHeads(config));
    WEFT_ASSIGN_OR_RETURN(const std::string place, Place("text_encoder"));
    WEFT_ASSIGN_OR_RETURN(auto tensors, models::PartTensors::Open(Part::kTextEncoder, place));
    WEFT_ASSIGN_OR_RETURN(
        auto text, models::LoadTextEncoder(config, {std::move(tensors), placement_, loras_.text}));
    text_.emplace("", std::move(text));
  }
  return &text_.begin()->second;
}

Result<const models::Unet*> ModelFolder::UnetModel() {
  if (unet_.empty()) {
    WEFT_RETURN_IF_ERROR(ReadLoras());
    WEFT_ASSIGN_OR_RETURN(const auto config, models::ReadUnetConfig(choice_.model));
    WEFT_ASSIGN_OR_RETURN(const std::string place, Place("unet"));
    WEFT_ASSIGN_OR_RETURN(auto tensors, models::PartTensors::Open(Part::kUnet, place));
    WEFT_ASSIGN_OR_RETURN(auto unet,
                          models::LoadUnet(config, {std::move(tensors), placement_, loras_.unet}));
    unet_.emplace("", std::move(unet));
  }
  return &unet_.begin()->second;
}

Result<const models::Vae*> ModelFolder::VaeModel() {
  if (vae_.empty()) {
    std::string place = choice_.vae;
    if (place.empty()) {
      WEFT_ASSIGN_OR_RETURN(place, Place("vae"));
    }
    WEFT_ASSIGN_OR_RETURN(const auto config, models::ReadVaeConfig(place));
    WEFT_ASSIGN_OR_RETURN(auto tensors, models::PartTensors::Open(Part::kVae, place));
    WEFT_ASSIGN_OR_RETURN(auto vae, models::LoadVae(config, {std::move(tensors), placement_}));
    vae_.emplace("", std::move(vae));
  }
  return &vae_.begin()->second;
}

std::string ModelFolder::ControlNetPlace(const std::string& name) const {
  std::vector<std::string> shelves = choice_.shelves;
  shelves.push_back(fs::path(choice_.model).parent_path().string());
  const std::string stem = fs::path(choice_.model).stem().string();
  const std::string family = stem.substr(0, stem.find("_ldm"));
  // "controlnet" of a model that is a file: model_x_ldm has model_x_controlnet_ldm beside it, and
  // may have the folder model_x/controlnet.
  for (const std::string& spelling :
       {family + "_" + name + "_ldm", family + "_" + name, family + "/" + name, name}) {
    const std::string place = FindIn(shelves, spelling);
    if (!place.empty()) {
      return place;
    }
  }
  return "";
}

Result<const models::ControlNet*> ModelFolder::Control(const std::string& words) {
  const std::string name = Words(words).front();
  auto found = controls_.find(name);
  if (found == controls_.end()) {
    std::string place;
    if (fs::is_directory(fs::path(choice_.model) / name)) {
      WEFT_ASSIGN_OR_RETURN(place, Place(name));
    } else {
      place = ControlNetPlace(name);
    }
    if (place.empty()) {
      return Failure(ErrorCode::kNotFound, name + ": no such ControlNet of " + choice_.model);
    }
    WEFT_ASSIGN_OR_RETURN(const auto config, models::ReadControlNetConfig(place));
    WEFT_ASSIGN_OR_RETURN(auto tensors, models::PartTensors::Open(Part::kControlNet, place));
    WEFT_ASSIGN_OR_RETURN(auto net,
                          models::LoadControlNet(config, {std::move(tensors), placement_}));
    found = controls_.emplace(name, std::move(net)).first;
  }
  return &found->second;
}

Result<ModelChoice> ModelShelf::Choose(const nlohmann::json& entry) const {
  const std::string words = entry.value("model", "");
  const nlohmann::json params = entry.value("params", nlohmann::json::object());
  const std::vector<std::string> parts = Words(words);
  const std::string name = ModelNamed(parts);
  ModelChoice choice;
  choice.shelves = {root_, (fs::path(root_) / "goldens").string(),
                    (fs::path(root_) / "..").string()};
  choice.fp16_variant = Holds(words, "fp16");
  // A folder has no bfloat16 variant: such weights are in the single file.
  const bool single = !NamesFile(name) && (Holds(words, "bf16") || Holds(words, "single"));
  for (const std::string& spelling :
       {single ? name + "_ldm" : name, single ? name : name + "_ldm"}) {
    choice.model = choice.model.empty() ? FindIn(choice.shelves, spelling) : choice.model;
  }
  if (choice.model.empty() || name.empty()) {
    return Failure(ErrorCode::kNotFound, "model \"" + words + "\": no such folder or file");
  }
  const auto vae = std::find_if(parts.begin(), parts.end(), [&](const std::string& word) {
    return word != name && NamesPart(word, "vae");
  });
  choice.vae = vae == parts.end() ? "" : FindIn(choice.shelves, *vae);
  choice.text_heads = params.value("text_heads", 0);
  if (params.contains("vae") && params["vae"].is_string()) {
    choice.vae = FindIn(choice.shelves, params["vae"].get<std::string>());
  }
  for (const nlohmann::json& lora : params.value("loras", nlohmann::json::array())) {
    const std::string file = lora.at("file").get<std::string>();
    const std::string path = FindIn(choice.shelves, file);
    choice.loras.push_back({path.empty() ? file : path, lora.value("weight", 1.0)});
  }
  return choice;
}

Result<ModelFolder*> ModelShelf::Find(const nlohmann::json& entry) {
  WEFT_ASSIGN_OR_RETURN(ModelChoice choice, Choose(entry));
  std::string key = choice.model + "|" + choice.vae + (choice.fp16_variant ? "|fp16" : "|") +
                    std::to_string(choice.text_heads);
  for (const models::LoraOption& lora : choice.loras) {
    key += "|" + lora.path + "*" + std::to_string(lora.weight);
  }
  return &folders_.try_emplace(key, std::move(choice), device_).first->second;
}

}  // namespace weft::golden
