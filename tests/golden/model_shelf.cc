#include "tests/golden/model_shelf.h"

#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <tuple>
#include <utility>

namespace weft::golden {
namespace {

namespace fs = std::filesystem;

const models::Placement kFloatOnCpu = {};

}  // namespace

ModelFolder::ModelFolder(std::string folder, bool fp16_variant)
    : folder_(fs::absolute(folder).string()) {
  if (fp16_variant) {
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

Result<std::string> ModelFolder::Part(const std::string& name) {
  const fs::path part = fs::path(folder_) / name;
  if (links_.empty() || fs::exists(fs::path(links_) / name)) {
    return (links_.empty() ? part : fs::path(links_) / name).string();
  }
  const fs::path links = fs::path(links_) / name;
  std::error_code failure;
  fs::create_directories(links, failure);
  for (const auto& entry : fs::directory_iterator(part, failure)) {
    const std::string file = entry.path().filename().string();
    if (entry.path().extension() == ".json" || file.find(".fp16.") != std::string::npos) {
      fs::create_symlink(entry.path(), links / file, failure);
    }
  }
  if (failure) {
    return Failure(ErrorCode::kNotFound, part.string() + ": " + failure.message());
  }
  return links.string();
}

Result<const models::TextEncoder*> ModelFolder::Text() {
  if (text_.empty()) {
    WEFT_ASSIGN_OR_RETURN(const auto config, models::ReadTextEncoderConfig(folder_));
    WEFT_ASSIGN_OR_RETURN(const std::string part, Part("text_encoder"));
    WEFT_ASSIGN_OR_RETURN(auto text, models::LoadTextEncoder(config, part, kFloatOnCpu));
    text_.emplace("", std::move(text));
  }
  return &text_.begin()->second;
}

Result<const models::Unet*> ModelFolder::UnetModel() {
  if (unet_.empty()) {
    WEFT_ASSIGN_OR_RETURN(const auto config, models::ReadUnetConfig(folder_));
    WEFT_ASSIGN_OR_RETURN(const std::string part, Part("unet"));
    WEFT_ASSIGN_OR_RETURN(auto unet, models::LoadUnet(config, part, kFloatOnCpu));
    unet_.emplace("", std::move(unet));
  }
  return &unet_.begin()->second;
}

Result<const models::Vae*> ModelFolder::VaeModel() {
  if (vae_.empty()) {
    WEFT_ASSIGN_OR_RETURN(const auto config, models::ReadVaeConfig(folder_));
    WEFT_ASSIGN_OR_RETURN(const std::string part, Part("vae"));
    WEFT_ASSIGN_OR_RETURN(auto vae, models::LoadVae(config, part, kFloatOnCpu));
    vae_.emplace("", std::move(vae));
  }
  return &vae_.begin()->second;
}

Result<const models::ControlNet*> ModelFolder::Control(const std::string& name) {
  auto found = controls_.find(name);
  if (found == controls_.end()) {
    WEFT_ASSIGN_OR_RETURN(const std::string part, Part(name));
    WEFT_ASSIGN_OR_RETURN(const auto config, models::ReadControlNetConfig(part));
    WEFT_ASSIGN_OR_RETURN(auto net, models::LoadControlNet(config, part, kFloatOnCpu));
    found = controls_.emplace(name, std::move(net)).first;
  }
  return &found->second;
}

Result<ModelFolder*> ModelShelf::Find(const std::string& words) {
  const std::string name = words.substr(0, words.find(' '));
  const bool fp16_variant = words.find("(fp16 variant") != std::string::npos;
  const bool file =
      fs::path(name).extension() == ".safetensors" || name.find("_ldm") != std::string::npos;
  if (file || (name != words && !fp16_variant)) {
    return Failure(ErrorCode::kUnsupported, "model \"" + words + "\" is not a diffusers folder");
  }
  const fs::path folder = fs::path(root_) / name;
  if (!fs::is_directory(folder)) {
    return Failure(ErrorCode::kNotFound, folder.string() + ": no such model folder");
  }
  const auto found = folders_.try_emplace(words, folder.string(), fp16_variant);
  return &found.first->second;
}

}  // namespace weft::golden
