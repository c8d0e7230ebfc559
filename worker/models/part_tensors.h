// The tensors of one part of a model (its UNet, VAE, …) under the names that diffusers gives them,
// whether they come from a diffusers folder or from a single file in any of the usual layouts.

#pragma once

#include <map>
#include <string>
#include <vector>

#include "common/result.h"
#include "worker/models/ldm_names.h"
#include "worker/models/stored_tensors.h"

namespace weft::models {

enum class Part { kTextEncoder, kUnet, kVae, kControlNet };

// True for a file that should be a model or a part of one; false for a folder.
bool IsSingleFile(const std::string& place);

// The part's own folder: `place` where it has a config.json, else `place`/unet and the like. A file
// is itself.
std::string PlaceOf(Part part, const std::string& place);

struct PartTensor {
  std::string stored_name;
  HeldTensor held;
};

// Immutable once opened; any thread.
class PartTensors {
 public:
  // place: a folder with the part's weights, or one holding such a folder under the part's usual
  // name; or a file:
  //   a whole model in LDM's layout (text encoder as CLIP or OpenCLIP), where the tensors of other
  //     parts, and those that training left, are passed over;
  //   a VAE in LDM's names, with or without "first_stage_model.", or in diffusers' names;
  //   a ControlNet in its original layout, with or without "control_model.", or in diffusers'
  //   names.
  // A tensor that belongs to nothing known stays in under its own name, for Weights::Finish().
  //
  // Errors as OpenTensors() and FindWeights(). kInvalidArgument: the file has no such part.
  // kUnsupported: a model of another family (SDXL).
  static Result<PartTensors> Open(Part part, const std::string& place);

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] bool single_file() const { return single_file_; }
  [[nodiscard]] bool open_clip() const { return open_clip_; }
  [[nodiscard]] const std::map<std::string, PartTensor>& tensors() const { return tensors_; }
  [[nodiscard]] const std::map<std::string, std::string>& metadata() const { return metadata_; }
  [[nodiscard]] Names names() const;
  // All that is in the file, of this part or not.
  [[nodiscard]] const Names& stored_names() const { return stored_names_; }

  // What a tensor of this name is, or would be, called in the file.
  [[nodiscard]] std::string StoredName(const std::string& name) const;

 private:
  PartTensors() = default;
  Status KeepPart(Part part, StoredTensors& stored);
  void ChooseNames(Part part, const Names& inner);
  void Add(Part part, const std::string& inner, const std::string& name, HeldTensor held);
  void AddSplit(const std::string& inner, const std::string& name, const HeldTensor& held);

  std::string path_;
  bool single_file_ = false;
  bool open_clip_ = false;
  Names stored_names_;
  std::string prefix_;
  NameMap name_map_;
  std::string last_layer_;  // Of OpenCLIP: not run, see KeepPart().
  std::map<std::string, PartTensor> tensors_;
  std::map<std::string, std::string> metadata_;
};

}  // namespace weft::models
