#include "common/blob/blob_key.h"

#include <algorithm>
#include <cstddef>
#include <string>

namespace weft {
namespace {

constexpr std::size_t kLengthMax = 512;

// ASCII only, whatever the locale.
bool IsAllowed(char c) {
  constexpr std::string_view kOthers = "._-/";
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         kOthers.find(c) != std::string_view::npos;
}

}  // namespace

Status CheckBlobKey(std::string_view key) {
  if (key.empty() || key.size() > kLengthMax) {
    return Failure(ErrorCode::kInvalidArgument,
                   "a blob's key has 1 to 512 bytes, this one has " + std::to_string(key.size()));
  }
  if (!std::all_of(key.begin(), key.end(), IsAllowed)) {
    return Failure(ErrorCode::kInvalidArgument,
                   "a blob's key has letters, digits and \"._-/\" only, this one has others");
  }
  return {};
}

}  // namespace weft
