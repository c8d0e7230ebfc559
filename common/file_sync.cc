#include "common/file_sync.h"

#include <algorithm>
#include <cerrno>

#include <fcntl.h>
#include <unistd.h>

namespace weft {
namespace {

std::error_code LastError() {
  return {errno, std::generic_category()};
}

}  // namespace

std::error_code WriteDurably(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(file, bytes.data(), bytes.size());
    if (count < 0 && errno != EINTR) {
      return LastError();
    }
    bytes.remove_prefix(static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
  }
  return ::fsync(file) == 0 ? std::error_code() : LastError();
}

std::error_code SyncFolder(const std::string& folder) {
  const int file = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool synced = file >= 0 && ::fsync(file) == 0;
  const std::error_code why = synced ? std::error_code() : LastError();
  if (file >= 0) {
    ::close(file);
  }
  const bool can_never_be = why.value() == EINVAL || why.value() == EACCES;
  return can_never_be ? std::error_code() : why;
}

}  // namespace weft
