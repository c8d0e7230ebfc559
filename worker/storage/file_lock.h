// A lock on a file or folder of a worker's cache that other processes respect and a killed one
// loses.

#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include "common/result.h"

namespace weft::worker {

class FileLock {
 public:
  enum class Kind { kShared, kExclusive };

  // Nothing: it is not there, or somebody holds it in a way that does not go with this one.
  // A file that was removed or replaced meanwhile counts as not there.
  // kUnavailable: it cannot be opened.  kFailedPrecondition: its file system has no locks.
  static Result<std::optional<FileLock>> Try(const std::string& path, Kind kind);
  // An exclusive one, on a file that is made unless it is there.
  // kUnavailable: it cannot be made or written.  kFailedPrecondition: likewise.
  static Result<std::optional<FileLock>> TryNew(const std::string& path);
  // The same, of what others hold for a moment only. Errors likewise, and
  // kUnavailable: somebody has held it for so long.
  static Result<FileLock> AwaitNew(const std::string& path,
                                   std::chrono::milliseconds patience = std::chrono::seconds(10));

  FileLock(FileLock&& other) noexcept : file_(std::exchange(other.file_, -1)) {}
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;
  FileLock& operator=(FileLock&&) = delete;
  ~FileLock();

  // Of the locked file: still open, whatever becomes of its name.
  [[nodiscard]] int Descriptor() const { return file_; }

 private:
  explicit FileLock(int file) : file_(file) {}
  // REQUIRES: `file` is open.
  static Result<std::optional<FileLock>> Take(int file, const std::string& path, int operation);

  int file_;
};

}  // namespace weft::worker
