#include "common/whole_file.h"

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <system_error>

namespace weft {
namespace {

Status CannotWrite(const std::string& path, std::error_code why) {
  const ErrorCode code =
      why == std::errc::no_space_on_device ? ErrorCode::kNoSpace : ErrorCode::kPermissionDenied;
  return Failure(code, "cannot write " + path + ": " + why.message());
}

}  // namespace

Status WriteWholeFile(const std::string& path, std::string_view bytes) {
  const std::string partial = path + ".partial";
  std::ofstream file(partial, std::ios::binary);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  file.close();
  std::error_code ignored;
  if (!file) {
    const std::error_code why(errno, std::generic_category());
    std::filesystem::remove(partial, ignored);
    return CannotWrite(path, why);
  }
  Status placed = PutInPlace(partial, path);
  if (!placed) {
    std::filesystem::remove(partial, ignored);
  }
  return placed;
}

Status PutInPlace(const std::string& partial, const std::string& path) {
  std::error_code why;
  std::filesystem::rename(partial, path, why);
  return why ? CannotWrite(path, why) : Status();
}

}  // namespace weft
