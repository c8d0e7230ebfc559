// Hands out a model's tensors by name and shape, and accounts for every one of them.

#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <ATen/core/Generator.h>

#include "common/result.h"
#include "worker/models/aten.h"
#include "worker/models/safetensors.h"

namespace weft::models {

// Where a model computes, and in what type.
struct Placement {
  at::Device device = at::kCPU;
  at::ScalarType type = at::kFloat;
};

// One thread. Throws only what ATen throws (out of memory).
class Weights {
 public:
  // Opens folder/STEM.safetensors, else folder/STEM.fp16.safetensors.
  // stem: "diffusion_pytorch_model" or "model".
  // Errors as SafetensorsFile::Open(); a folder that holds only pickle files is refused with the
  // way to convert them.
  static Result<Weights> Open(const std::string& folder,
                              const std::string& stem,
                              const Placement& placement);

  // Of no file: whatever is taken is there and full of random numbers, uniform and small enough
  // that a model of any depth stays finite. Equal seeds and orders of taking give equal numbers.
  // For measuring models whose weights are not at hand.
  static Weights Random(const Placement& placement, std::uint64_t seed);

  // The named tensor, moved and converted. A tensor that is missing or has another shape is noted
  // for Finish(), and zeros are returned.
  at::Tensor Take(const std::string& name, const std::vector<std::int64_t>& shape);

  // Same, in float32 whatever the placement: for norms.
  at::Tensor TakeFloat(const std::string& name, const std::vector<std::int64_t>& shape);

  // From now on, `from` in names reads as `to`: older spellings of diffusers.
  void Rename(const std::string& from, const std::string& to);

  // A tensor that may be there and is not needed.
  void Ignore(const std::string& name) { stored_.erase(name); }

  // kInvalidArgument: names the file and every tensor that was missing, misshapen or never taken.
  [[nodiscard]] Status Finish() const;

 private:
  Weights(std::unique_ptr<SafetensorsFile> file, const Placement& placement);
  explicit Weights(const Placement& placement) : placement_(placement) {}
  at::Tensor Read(const std::string& name,
                  const std::vector<std::int64_t>& shape,
                  at::ScalarType type);

  std::unique_ptr<SafetensorsFile> file_;
  Placement placement_;
  std::map<std::string, const StoredTensor*> stored_;  // Not taken yet.
  std::vector<std::string> complaints_;
  std::optional<at::Generator> random_;  // Instead of a file.
};

// A tensor of the file in its own element type, on the CPU.
at::Tensor ToTensor(const StoredTensor& stored);

}  // namespace weft::models
