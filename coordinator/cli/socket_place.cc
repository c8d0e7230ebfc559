#include "coordinator/cli/socket_place.h"

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

namespace weft::cli {
namespace {

// sun_path has 108 bytes, the last of them for the end.
constexpr std::size_t kSocketPathMax = 107;
constexpr std::string_view kLongestName = "/control.sock";

bool IsShortEnough(const std::string& folder) {
  return folder.size() + kLongestName.size() <= kSocketPathMax;
}

}  // namespace

Result<SocketPlace> SocketPlace::Choose(const std::string& state_folder) {
  if (IsShortEnough(state_folder)) {
    return SocketPlace(state_folder, false);
  }
  std::error_code error;
  std::string folder = (std::filesystem::temp_directory_path(error) / "weft-XXXXXX").string();
  if (error || !IsShortEnough(folder)) {
    return Failure(ErrorCode::kPermissionDenied,
                   "no folder with a path short enough for sockets; set TMPDIR to one");
  }
  if (::mkdtemp(folder.data()) == nullptr) {
    return Failure(ErrorCode::kPermissionDenied, "cannot make the sockets' folder " + folder +
                                                     ": " + std::generic_category().message(errno));
  }
  return SocketPlace(std::move(folder), true);
}

SocketPlace::SocketPlace(SocketPlace&& other) noexcept
    : folder_(std::move(other.folder_)), own_(std::exchange(other.own_, false)) {}

SocketPlace::~SocketPlace() {
  if (own_) {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
}

}  // namespace weft::cli
