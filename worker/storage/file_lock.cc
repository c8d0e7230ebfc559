#include "worker/storage/file_lock.h"

#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace weft::worker {

std::optional<FileLock> FileLock::Take(int file, const std::string& path, int operation) {
  if (file < 0) {
    return std::nullopt;
  }
  FileLock lock(file);
  struct stat held {};
  struct stat named {};
  // The lock is on the file that has this name now.
  if (flock(file, operation | LOCK_NB) != 0 || fstat(file, &held) != 0 ||
      stat(path.c_str(), &named) != 0 || held.st_ino != named.st_ino ||
      held.st_dev != named.st_dev) {
    return std::nullopt;
  }
  return lock;
}

std::optional<FileLock> FileLock::Try(const std::string& path, Kind kind) {
  return Take(open(path.c_str(), O_RDONLY | O_CLOEXEC), path,
              kind == Kind::kShared ? LOCK_SH : LOCK_EX);
}

Result<std::optional<FileLock>> FileLock::TryNew(const std::string& path) {
  constexpr mode_t kOwn = 0600;
  const int file = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kOwn);
  if (file < 0) {
    return Failure(ErrorCode::kUnavailable,
                   "cannot write " + path + ": " + std::generic_category().message(errno));
  }
  return Take(file, path, LOCK_EX);
}

FileLock::~FileLock() {
  if (file_ >= 0) {
    close(file_);
  }
}

}  // namespace weft::worker
