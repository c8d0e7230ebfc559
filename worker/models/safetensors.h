// Reads safetensors files (https://github.com/huggingface/safetensors): named arrays behind a JSON
// header. The file is mapped, not read; nothing in it is trusted.

#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/result.h"

namespace weft::models {

enum class ElementType { kFloat64, kFloat32, kFloat16, kBfloat16, kInt64, kInt32, kUint8 };

// Bytes of one element.
std::size_t SizeOf(ElementType type);

// As the file spells it, such as "BF16".
std::string Name(ElementType type);

// One array. `bytes` points into the file's mapping: little endian, row-major, not aligned.
struct StoredTensor {
  ElementType type = ElementType::kFloat32;
  std::vector<std::int64_t> shape;  // Empty for a scalar.
  const std::byte* bytes = nullptr;
  std::size_t byte_count = 0;  // Elements times SizeOf(type).
};

// Immutable once opened; any thread.
class SafetensorsFile {
 public:
  // kNotFound, kPermissionDenied: the file cannot be opened.
  // kInvalidArgument: not a safetensors file, or one whose header lies (too long, out of bounds,
  // overlapping, sizes that do not fit); a pickle file, with the way to convert it.
  // kUnsupported: an element type that is not in ElementType.  All name the file, and the tensor.
  static Result<std::unique_ptr<SafetensorsFile>> Open(const std::string& path);

  SafetensorsFile(const SafetensorsFile&) = delete;
  SafetensorsFile& operator=(const SafetensorsFile&) = delete;
  ~SafetensorsFile();

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] const std::map<std::string, StoredTensor>& tensors() const { return tensors_; }

  // The header's "__metadata__".
  [[nodiscard]] const std::map<std::string, std::string>& metadata() const { return metadata_; }

  // Null where there is no such tensor.
  [[nodiscard]] const StoredTensor* Find(const std::string& name) const;

 private:
  SafetensorsFile() = default;
  Status Map();
  Status ReadHeader();

  std::string path_;
  const std::byte* mapping_ = nullptr;
  std::size_t size_ = 0;
  std::map<std::string, StoredTensor> tensors_;
  std::map<std::string, std::string> metadata_;
};

}  // namespace weft::models
