#include "common/blob/free_space.h"

#include <filesystem>
#include <system_error>

namespace weft {

Status RequireFreeSpace(const std::string& folder, std::uint64_t needed_bytes) {
  constexpr std::uint64_t kMebibyte = 1 << 20;
  std::error_code failure;
  const std::filesystem::space_info space = std::filesystem::space(folder, failure);
  if (failure) {
    return Failure(failure == std::errc::permission_denied ? ErrorCode::kPermissionDenied
                                                           : ErrorCode::kNotFound,
                   folder + ": " + failure.message());
  }
  if (space.available < needed_bytes) {
    return Failure(ErrorCode::kNoSpace,
                   folder + ": the disk has " + std::to_string(space.available / kMebibyte) +
                       " MiB left, " + std::to_string(needed_bytes / kMebibyte + 1) +
                       " MiB are needed");
  }
  return {};
}

}  // namespace weft
