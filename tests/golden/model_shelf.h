// The models that cases name, loaded once each.

#pragma once

#include <map>
#include <string>

#include "common/result.h"
#include "worker/models/controlnet.h"
#include "worker/models/text_encoder.h"
#include "worker/models/unet.h"
#include "worker/models/vae.h"

namespace weft::golden {

// A diffusers folder whose parts are loaded in float32 on the CPU when first asked for.
class ModelFolder {
 public:
  // fp16_variant: read the *.fp16.safetensors files even where others lie beside them.
  ModelFolder(std::string folder, bool fp16_variant);
  ModelFolder(const ModelFolder&) = delete;
  ModelFolder& operator=(const ModelFolder&) = delete;
  ~ModelFolder();

  [[nodiscard]] const std::string& folder() const { return folder_; }
  Result<const models::TextEncoder*> Text();
  Result<const models::Unet*> UnetModel();
  Result<const models::Vae*> VaeModel();
  // name: a folder in the model's, such as "controlnet2".
  Result<const models::ControlNet*> Control(const std::string& name);

 private:
  // Where to read a part from: the folder itself, or one with links to the fp16 variant.
  Result<std::string> Part(const std::string& name);

  std::string folder_;
  std::string links_;  // Removed in the end; empty without fp16_variant.
  std::map<std::string, models::TextEncoder> text_;
  std::map<std::string, models::Unet> unet_;
  std::map<std::string, models::Vae> vae_;
  std::map<std::string, models::ControlNet> controls_;
};

// The models of a golden folder, by the words that cases.json uses.
class ModelShelf {
 public:
  explicit ModelShelf(std::string root) : root_(std::move(root)) {}

  // words: such as "model_a", or "model_a (fp16 variant files, upcast to fp32)".
  // kUnsupported: a kind of model that Weft does not read yet.  kNotFound: no such folder.
  Result<ModelFolder*> Find(const std::string& words);

 private:
  std::string root_;
  std::map<std::string, ModelFolder> folders_;
};

}  // namespace weft::golden
