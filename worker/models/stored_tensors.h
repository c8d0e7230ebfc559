// The tensors of one safetensors file, or of several that an index holds together.

#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>

#include "common/result.h"
#include "worker/models/safetensors.h"

namespace weft::models {

struct HeldTensor {
  StoredTensor tensor;
  // Shared by all tensors of the file, which is mapped as long as one of them, or a model's weight
  // that lies in it, is used.
  std::shared_ptr<const SafetensorsFile> file;
};

struct StoredTensors {
  std::string path;  // What was opened, for messages.
  std::map<std::string, HeldTensor> tensors;
  std::map<std::string, std::string> metadata;  // Of the first file.
};

// path: a .safetensors file, or a .safetensors.index.json whose "weight_map" names the file, beside
// it, of every tensor.
// Errors as SafetensorsFile::Open(). kInvalidArgument: the index is no such thing, names a file
// elsewhere, or a tensor that its file lacks; a file holds a tensor that the index does not name.
Result<StoredTensors> OpenTensors(const std::string& path);

// The files beside an index of weights, a .safetensors.index.json, that it names. Errors likewise.
Result<std::set<std::string>> ShardsOf(const std::string& path);

// The weights in a diffusers folder: STEM.safetensors, else STEM.fp16.safetensors, else either's
// index. stem: "diffusion_pytorch_model" or "model".
// kNotFound: there are none. A folder that holds only pickle files gives one of them; opening it
// says how to convert it.
Result<std::string> FindWeights(const std::string& folder, const std::string& stem);

}  // namespace weft::models
