#include "worker/models/weights.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <utility>

#include <ATen/CPUGeneratorImpl.h>

#include "worker/models/lora_merge.h"

namespace weft::models {
namespace {

at::ScalarType ScalarTypeOf(ElementType type) {
  switch (type) {
    case ElementType::kFloat64:
      return at::kDouble;
    case ElementType::kFloat32:
      return at::kFloat;
    case ElementType::kFloat16:
      return at::kHalf;
    case ElementType::kBfloat16:
      return at::kBFloat16;
    case ElementType::kInt64:
      return at::kLong;
    case ElementType::kInt32:
      return at::kInt;
    case ElementType::kUint8:
      return at::kByte;
  }
  return at::kFloat;
}

// Matrices and kernels keep the size of what passes through them; norms begin as what they are
// before training, near 1 and 0.
at::Tensor RandomTensor(const std::string& name,
                        const std::vector<std::int64_t>& shape,
                        at::Generator& generator) {
  at::Tensor tensor = at::empty(shape, at::kFloat);
  if (shape.size() > 1) {
    const double inputs = static_cast<double>(tensor.numel()) / static_cast<double>(shape.front());
    const double bound = std::sqrt(3.0 / inputs);  // Of variance 1 / inputs.
    return tensor.uniform_(-bound, bound, generator);
  }
  constexpr double kSpread = 0.1;
  const bool scale =
      name.find("norm") != std::string::npos && name.find(".weight") != std::string::npos;
  return tensor.uniform_(-kSpread, kSpread, generator).add_(scale ? 1.0 : 0.0);
}

}  // namespace

at::Tensor ToTensor(const StoredTensor& stored) {
  at::Tensor tensor = at::empty(stored.shape, at::TensorOptions().dtype(ScalarTypeOf(stored.type)));
  if (stored.byte_count > 0) {
    std::memcpy(tensor.data_ptr(), stored.bytes, stored.byte_count);
  }
  return tensor;
}

at::Tensor ViewOf(const HeldTensor& held) {
  const StoredTensor& stored = held.tensor;
  // The format aligns its data to 8 bytes, but does not demand it.
  const bool aligned = reinterpret_cast<std::uintptr_t>(stored.bytes) % SizeOf(stored.type) == 0;
  if (!aligned || stored.byte_count == 0) {
    at::Tensor copy = ToTensor(stored);
    held.file->Forget(stored.bytes, stored.byte_count);
    return copy;
  }
  auto* bytes = const_cast<std::byte*>(stored.bytes);  // NOLINT: at::from_blob takes no const
  // The deleter owns a share of the file, and gives it back by being destroyed. Who lets go of the
  // tensor has copied it, to another type, device or order.
  return at::from_blob(
      bytes, stored.shape,
      [file = held.file, stored](void* /*bytes*/) {
        file->Forget(stored.bytes, stored.byte_count);
      },
      at::TensorOptions().dtype(ScalarTypeOf(stored.type)));
}

Weights::Weights(PartTensors tensors, const Placement& placement, LoraTerms loras)
    : tensors_(std::move(tensors)), placement_(placement), loras_(std::move(loras)) {}

Result<Weights> Weights::Open(Part part, const std::string& place, const Placement& placement) {
  WEFT_ASSIGN_OR_RETURN(PartTensors tensors, PartTensors::Open(part, place));
  return Weights(std::move(tensors), placement);
}

Weights Weights::Random(const Placement& placement, std::uint64_t seed) {
  Weights weights(PartTensors(), placement);
  weights.random_ = at::detail::createCPUGenerator(seed);
  return weights;
}

at::Tensor Weights::Take(const std::string& name, const std::vector<std::int64_t>& shape) {
  return Read(name, shape, placement_.type);
}

at::Tensor Weights::TakeFloat(const std::string& name, const std::vector<std::int64_t>& shape) {
  return Read(name, shape, at::kFloat);
}

at::Tensor Weights::Read(const std::string& name,
                         const std::vector<std::int64_t>& shape,
                         at::ScalarType type) {
  if (random_) {
    return RandomTensor(name, shape, *random_)
        .to(at::TensorOptions().device(placement_.device).dtype(type));
  }
  const auto found = tensors_.tensors().find(name);
  const bool missing = found == tensors_.tensors().end();
  if (missing) {
    complaints_.push_back(tensors_.StoredName(name) + " is missing");
  } else {
    taken_.insert(name);
    const HeldTensor& held = found->second.held;
    if (held.tensor.shape == shape) {
      at::Tensor tensor = ViewOf(held);
      const auto terms = loras_.find(name);
      if (terms != loras_.end()) {
        // On the device: what processor stands beside a GPU must not show.
        tensor = Merge(tensor.to(placement_.device), terms->second);
      }
      return tensor.to(at::TensorOptions().device(placement_.device).dtype(type));
    }
    complaints_.push_back(found->second.stored_name + " has shape " + ShapeText(held.tensor.shape) +
                          " instead of " + ShapeText(shape));
  }
  // One element in memory, whatever the shape: Finish() will refuse the model anyway.
  return at::zeros({1}, at::TensorOptions().dtype(type)).expand(shape);
}

Status Weights::Finish() const {
  std::vector<std::string> complaints = complaints_;
  for (const auto& [name, tensor] : tensors_.tensors()) {
    if (taken_.count(name) == 0) {
      complaints.push_back(tensor.stored_name + " " + ShapeText(tensor.held.tensor.shape) +
                           " belongs to no layer");
    }
  }
  // A stored tensor that holds several of ours is named once.
  std::set<std::string> named;
  std::string list;
  for (const std::string& complaint : complaints) {
    if (named.insert(complaint).second) {
      list += (list.empty() ? "" : "; ") + complaint;
    }
  }
  if (list.empty()) {
    return {};
  }
  const char* what =
      tensors_.single_file() ? ": does not fit together: " : ": does not fit its config.json: ";
  return Failure(ErrorCode::kInvalidArgument, tensors_.path() + what + list);
}

}  // namespace weft::models
