// Reads the header of a safetensors file (https://github.com/huggingface/safetensors): 8 bytes of
// length, a JSON object that names arrays and their places, then the arrays' bytes.

#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "common/result.h"

namespace weft::models {

enum class ElementType { kFloat64, kFloat32, kFloat16, kBfloat16, kInt64, kInt32, kUint8 };

// Bytes of one element.
std::size_t SizeOf(ElementType type);

// As the file spells it, such as "BF16".
std::string Name(ElementType type);

// One array. `bytes` points into what was parsed: little endian, row-major, not aligned.
struct StoredTensor {
  ElementType type = ElementType::kFloat32;
  std::vector<std::int64_t> shape;  // Empty for a scalar.
  const std::byte* bytes = nullptr;
  std::size_t byte_count = 0;  // Elements times SizeOf(type).
};

// "[2, 3]"; "[]" for a scalar.
std::string ShapeText(const std::vector<std::int64_t>& shape);

struct SafetensorsContents {
  std::map<std::string, StoredTensor> tensors;
  std::map<std::string, std::string> metadata;  // The header's "__metadata__".
};

// Reads a whole file in memory, of which nothing is trusted. The tensors point into `bytes`. Never
// allocates more than the header that is really there asks for, and stops at the first thing that a
// header cannot hold, such as a third level of nesting.
//
// kInvalidArgument: the header is too long, not a JSON object of tensors, or lies: a name twice,
// places outside the file, overlapping or leaving gaps, sizes that do not fit shape and type.
// kUnsupported: an element type that is not in ElementType.  Both name the tensor.
Result<SafetensorsContents> ParseSafetensors(const std::byte* bytes, std::size_t size);

}  // namespace weft::models
