#include "worker/models/weights.h"

#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

namespace weft::models {
namespace {

namespace fs = std::filesystem;

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

// The weights' file in `folder`, or why there is none.
Result<std::string> FindFile(const std::string& folder, const std::string& stem) {
  for (const char* ending : {".safetensors", ".fp16.safetensors"}) {
    std::string path = folder + "/" + stem + ending;
    std::error_code ignored;
    if (fs::exists(path, ignored)) {
      return path;
    }
  }
  std::error_code ignored;
  if (fs::exists(folder + "/" + stem + ".safetensors.index.json", ignored)) {
    return Failure(
        ErrorCode::kUnsupported,
        folder + ": weights split into several files; save them as one " + stem + ".safetensors");
  }
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    const std::string extension = entry.path().extension().string();
    if (extension == ".bin" || extension == ".ckpt" || extension == ".pt" || extension == ".pth") {
      // Its Open() says how to convert it.
      return entry.path().string();
    }
  }
  return Failure(ErrorCode::kNotFound, folder + ": has neither " + stem + ".safetensors nor " +
                                           stem + ".fp16.safetensors");
}

}  // namespace

at::Tensor ToTensor(const StoredTensor& stored) {
  at::Tensor tensor = at::empty(stored.shape, at::TensorOptions().dtype(ScalarTypeOf(stored.type)));
  if (stored.byte_count > 0) {
    std::memcpy(tensor.data_ptr(), stored.bytes, stored.byte_count);
  }
  return tensor;
}

Result<Weights> Weights::Open(const std::string& folder,
                              const std::string& stem,
                              const Placement& placement) {
  WEFT_ASSIGN_OR_RETURN(const std::string path, FindFile(folder, stem));
  WEFT_ASSIGN_OR_RETURN(auto file, SafetensorsFile::Open(path));
  return Weights(std::move(file), placement);
}

Weights::Weights(std::unique_ptr<SafetensorsFile> file, const Placement& placement)
    : file_(std::move(file)), placement_(placement) {
  for (const auto& [name, tensor] : file_->tensors()) {
    stored_.emplace(name, &tensor);
  }
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
  const auto found = stored_.find(name);
  const StoredTensor* stored = found == stored_.end() ? nullptr : found->second;
  if (stored == nullptr) {
    complaints_.push_back(name + " is missing");
  } else {
    stored_.erase(found);
    if (stored->shape == shape) {
      return ToTensor(*stored).to(at::TensorOptions().device(placement_.device).dtype(type));
    }
    complaints_.push_back(name + " has shape " + ShapeText(stored->shape) + " instead of " +
                          ShapeText(shape));
  }
  // One element in memory, whatever the shape: Finish() will refuse the model anyway.
  return at::zeros({1}, at::TensorOptions().dtype(type)).expand(shape);
}

void Weights::Rename(const std::string& from, const std::string& to) {
  std::map<std::string, const StoredTensor*> renamed;
  for (const auto& [name, tensor] : stored_) {
    std::string spelling = name;
    const std::size_t at = spelling.find(from);
    if (at != std::string::npos) {
      spelling.replace(at, from.size(), to);
    }
    renamed.emplace(spelling, tensor);
  }
  stored_ = std::move(renamed);
}

Status Weights::Finish() const {
  std::vector<std::string> complaints = complaints_;
  for (const auto& [name, tensor] : stored_) {
    complaints.push_back(name + " " + ShapeText(tensor->shape) + " belongs to no layer");
  }
  if (complaints.empty()) {
    return {};
  }
  std::string message = file_->path() + ": does not fit its config.json: ";
  for (std::size_t i = 0; i < complaints.size(); ++i) {
    message += (i == 0 ? "" : "; ") + complaints[i];
  }
  return Failure(ErrorCode::kInvalidArgument, message);
}

}  // namespace weft::models
