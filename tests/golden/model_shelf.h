// The models that cases name, loaded once each.

#pragma once

#include <map>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "common/result.h"
#include "worker/models/controlnet.h"
#include "worker/models/lora.h"
#include "worker/models/text_encoder.h"
#include "worker/models/unet.h"
#include "worker/models/vae.h"

namespace weft::golden {

// What a case asks for.
struct ModelChoice {
  std::string model;  // A diffusers folder or a single file.
  bool fp16_variant =
      false;        // Read a folder's *.fp16.safetensors even where others lie beside them.
  std::string vae;  // Empty: the model's own.
  std::vector<models::LoraOption> loras;
  int text_heads = 0;                // 0: as the model says, or as SmallHeads() where it is a file.
  std::vector<std::string> shelves;  // Folders in which ControlNets that are files may lie.
};

// A model whose parts are loaded in float32 when first asked for.
class ModelFolder {
 public:
  ModelFolder(ModelChoice choice, at::Device device);
  ModelFolder(const std::string& folder, at::Device device)
      : ModelFolder(ModelChoice{folder, false, {}, {}, 0, {}}, device) {}
  ModelFolder(const ModelFolder&) = delete;
  ModelFolder& operator=(const ModelFolder&) = delete;
  ~ModelFolder();

  // The folder, or the file.
  [[nodiscard]] const std::string& folder() const { return choice_.model; }
  Result<const models::TextEncoder*> Text();
  Result<const models::Unet*> UnetModel();
  Result<const models::Vae*> VaeModel();
  // name: a folder in the model's, such as "controlnet2", or a file, with or without extension.
  Result<const models::ControlNet*> Control(const std::string& name);

 private:
  // Where to read a part from: the folder itself, one with links to the fp16 variant, or the file.
  Result<std::string> Place(const std::string& part);
  [[nodiscard]] std::string ControlNetPlace(const std::string& name) const;
  Result<int> TextHeads(const models::TextEncoderConfig& config) const;
  Status ReadLoras();

  ModelChoice choice_;
  models::Placement placement_;
  std::string links_;  // Removed in the end; empty without fp16_variant.
  models::LoraMerges loras_;
  bool loras_read_ = false;
  std::map<std::string, models::TextEncoder> text_;
  std::map<std::string, models::Unet> unet_;
  std::map<std::string, models::Vae> vae_;
  std::map<std::string, models::ControlNet> controls_;
};

// The models of a golden folder, by what cases.json says about them.
class ModelShelf {
 public:
  // device: where the models compute.
  ModelShelf(std::string root, at::Device device) : root_(std::move(root)), device_(device) {}

  [[nodiscard]] at::Device device() const { return device_; }

  // entry: of cases.json. Its "model" is such as "model_a", "model_a (fp16 variant files, …)" or
  // "model_a_ldm.safetensors (…)", in the golden folder or the one around it; its "params" may have
  // "loras" ([{"file", "weight"}]), "vae" (a file) and "text_heads".
  // kNotFound: no such model.
  Result<ModelFolder*> Find(const nlohmann::json& entry);

 private:
  Result<ModelChoice> Choose(const nlohmann::json& entry) const;

  std::string root_;
  at::Device device_;
  std::map<std::string, ModelFolder> folders_;  // By the entry's model and params' choices.
};

}  // namespace weft::golden
