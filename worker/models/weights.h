// Hands out a model's tensors by name and shape, and accounts for every one of them.

#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "common/result.h"
#include "worker/models/aten.h"
#include "worker/models/lora.h"
#include "worker/models/part_tensors.h"

namespace weft::models {

// Where a model computes, and in what type.
struct Placement {
  at::Device device = at::kCPU;
  at::ScalarType type = at::kFloat;
};

// One thread. Throws only what ATen throws (out of memory).
class Weights {
 public:
  // loras: what is added to the tensors, in float32 and before they are converted.
  Weights(PartTensors tensors, const Placement& placement, LoraTerms loras = {});

  // As PartTensors::Open().
  static Result<Weights> Open(Part part, const std::string& place, const Placement& placement);

  // The named tensor where and as the model computes. One that is stored so already is not copied
  // but read from the mapped file: write to no weight. A tensor that is missing or has another
  // shape is noted for Finish(), and zeros are returned.
  at::Tensor Take(const std::string& name, const std::vector<std::int64_t>& shape);

  // Same, in float32 whatever the placement: for norms.
  at::Tensor TakeFloat(const std::string& name, const std::vector<std::int64_t>& shape);

  // A tensor that may be there and is not needed.
  void Ignore(const std::string& name) { taken_.insert(name); }

  // kInvalidArgument: names the file and every tensor that was missing, misshapen or never taken,
  // each as the file spells it.
  [[nodiscard]] Status Finish() const;

 private:
  at::Tensor Read(const std::string& name,
                  const std::vector<std::int64_t>& shape,
                  at::ScalarType type);

  PartTensors tensors_;
  Placement placement_;
  LoraTerms loras_;
  std::set<std::string> taken_;
  std::vector<std::string> complaints_;
};

// A tensor of the file in its own element type, on the CPU: a copy.
at::Tensor ToTensor(const StoredTensor& stored);

// Same, but without a copy where alignment allows it: the tensor then lies in the mapped file,
// which it keeps mapped, and must not be written to.
at::Tensor ViewOf(const HeldTensor& held);

}  // namespace weft::models
