#include "coordinator/core/effects.h"

#include <cassert>

namespace weft::coordinator {

std::string Message::ToBytes() const {
  if (rest == nullptr) {
    return body.SerializeAsString();
  }
  constexpr std::size_t kBodyBytes = 512;  // Of most.
  std::string bytes;
  bytes.reserve(rest->size() + kBodyBytes);
  body.AppendToString(&bytes);
  bytes.append(*rest);
  return bytes;
}

v1::FromCoordinator Message::Whole() const {
  v1::FromCoordinator whole = body;
  if (rest != nullptr) {
    const bool merged = whole.MergeFromString(*rest);
    assert(merged);
    static_cast<void>(merged);
  }
  return whole;
}

}  // namespace weft::coordinator
