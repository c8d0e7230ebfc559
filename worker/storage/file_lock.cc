#include "worker/storage/file_lock.h"

#include <cerrno>
#include <system_error>
#include <thread>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/try_flock.h"

namespace weft::worker {
namespace {

tl::unexpected<Error> SystemFailure(const std::string& what) {
  return Failure(ErrorCode::kUnavailable, what + ": " + std::generic_category().message(errno));
}

// The file has this name now.
bool IsNamed(int file, const std::string& path) {
  struct stat held {};
  struct stat named {};
  return fstat(file, &held) == 0 && stat(path.c_str(), &named) == 0 &&
         held.st_ino == named.st_ino && held.st_dev == named.st_dev;
}

}  // namespace

Result<std::optional<FileLock>> FileLock::Take(int file, const std::string& path, int operation) {
  FileLock lock(file);
  const Result<bool> locked = TryFlock(file, operation, path);
  if (!locked) {
    return Failure(locked.error().Within("--cache"));
  }
  if (!*locked || !IsNamed(file, path)) {
    return std::optional<FileLock>();
  }
  return std::optional<FileLock>(std::move(lock));
}

Result<std::optional<FileLock>> FileLock::Try(const std::string& path, Kind kind) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file >= 0) {
    return Take(file, path, kind == Kind::kShared ? LOCK_SH : LOCK_EX);
  }
  if (errno == ENOENT || errno == ENOTDIR) {
    return std::optional<FileLock>();
  }
  return SystemFailure("cannot read " + path);
}

Result<std::optional<FileLock>> FileLock::TryNew(const std::string& path) {
  constexpr mode_t kOwn = 0600;
  const int file = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kOwn);
  if (file < 0) {
    return SystemFailure("cannot write " + path);
  }
  return Take(file, path, LOCK_EX);
}

Result<FileLock> FileLock::AwaitNew(const std::string& path, std::chrono::milliseconds patience) {
  const auto end = std::chrono::steady_clock::now() + patience;
  while (true) {
    WEFT_ASSIGN_OR_RETURN(std::optional<FileLock> lock, TryNew(path));
    if (lock) {
      return *std::move(lock);
    }
    if (std::chrono::steady_clock::now() >= end) {
      return Failure(ErrorCode::kUnavailable,
                     path + " has been held by another worker for too long; it may hang");
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

FileLock::~FileLock() {
  if (file_ >= 0) {
    close(file_);
  }
}

}  // namespace weft::worker
