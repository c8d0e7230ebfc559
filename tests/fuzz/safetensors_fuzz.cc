// Any bytes as a safetensors file: what is taken lies inside them, and adds up.

#include <cstddef>
#include <cstdint>
#include <vector>

#include "tests/fuzz/require.h"
#include "worker/models/safetensors_header.h"

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name for it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* input, std::size_t size) {
  using weft::fuzz::Require;
  // A copy of its own: reading past its end is then seen.
  const std::vector<std::uint8_t> copy(input, input + size);
  const auto* bytes = reinterpret_cast<const std::byte*>(copy.data());
  const auto contents = weft::models::ParseSafetensors(bytes, size);
  if (!contents) {
    Require(!contents.error().message().empty());
    return 0;
  }
  std::size_t total = 0;
  for (const auto& [name, tensor] : contents->tensors) {
    Require(tensor.bytes >= bytes && tensor.byte_count <= size);
    Require(tensor.bytes + tensor.byte_count <= bytes + size);
    std::size_t count = weft::models::SizeOf(tensor.type);
    for (const std::int64_t side : tensor.shape) {
      Require(side >= 0);
      count *= static_cast<std::size_t>(side);
    }
    Require(count == tensor.byte_count);
    total += count;
  }
  Require(total <= size);
  return 0;
}
