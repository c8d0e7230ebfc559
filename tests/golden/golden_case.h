// One golden case: inputs, reference outputs and tolerances, as tests/golden/README.md describes.

#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "common/result.h"
#include "worker/models/aten.h"
#include "worker/models/safetensors.h"

namespace weft::golden {

// Computed outputs by name, such as "out.sample"; float32, on any device.
using Outputs = std::map<std::string, at::Tensor>;

// An entry of cases.json and the tensors it names.
struct GoldenCase {
  std::string name;  // The file's, without folder and extension.
  nlohmann::json entry;
  std::unique_ptr<models::SafetensorsFile> tensors;
  at::Device device = at::kCPU;  // Where the case's models compute.

  [[nodiscard]] bool Has(const std::string& tensor) const {
    return tensors->Find(tensor) != nullptr;
  }
  // As stored, on the CPU; throws std::out_of_range where there is none.
  [[nodiscard]] at::Tensor Read(const std::string& tensor) const;
  // In float32, on the device.
  [[nodiscard]] at::Tensor Floats(const std::string& tensor) const;
  [[nodiscard]] std::vector<double> Numbers(const std::string& tensor) const;
  // A field of entry["params"], null where there is none.
  [[nodiscard]] nlohmann::json Parameter(const std::string& field) const;
};

// file: the tensors. entry: as in cases.json.
Result<GoldenCase> OpenCase(const std::string& file, const nlohmann::json& entry);

// The cases of a cases.json.
Result<std::vector<nlohmann::json>> ReadEntries(const std::string& path);

}  // namespace weft::golden
