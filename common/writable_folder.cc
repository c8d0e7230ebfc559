#include "common/writable_folder.h"

#include <filesystem>
#include <system_error>

#include <unistd.h>

namespace weft {

Status MakeWritableFolder(const std::string& folder) {
  std::error_code failure;
  std::filesystem::create_directories(folder, failure);
  if (failure == std::errc::no_space_on_device) {
    return Failure(ErrorCode::kNoSpace, folder + ": " + failure.message());
  }
  if (failure) {
    return Failure(ErrorCode::kPermissionDenied, folder + ": " + failure.message());
  }
  if (::access(folder.c_str(), R_OK | W_OK | X_OK) != 0) {
    return Failure(ErrorCode::kPermissionDenied, folder + ": the folder may not be written");
  }
  return {};
}

}  // namespace weft
