// A file that appears under its name only when it is whole.

#pragma once

#include <string>
#include <utility>

#include "common/result.h"

namespace weft::media {

// Written under the hidden name ".NAME.weft-partial" in the same folder, which is locked against
// other processes doing the same, and removed again unless it is published.
class PartialFile {
 public:
  // kNotFound: no such folder.  kPermissionDenied.  kNoSpace.
  // kInvalidArgument: a folder has that name.  kUnavailable: another process is writing this file.
  // kFailedPrecondition: the file system has no locks.
  static Result<PartialFile> Create(const std::string& final_path);

  PartialFile(PartialFile&& other) noexcept
      : final_path_(std::move(other.final_path_)),
        path_(std::move(other.path_)),
        lock_(std::exchange(other.lock_, -1)) {}
  PartialFile(const PartialFile&) = delete;
  PartialFile& operator=(const PartialFile&) = delete;
  PartialFile& operator=(PartialFile&&) = delete;
  ~PartialFile();

  // Where to write.
  [[nodiscard]] const std::string& path() const { return path_; }

  // Makes it durable and gives it its name, replacing a file of that name. Call once, at the end.
  Status Publish();

 private:
  PartialFile(std::string final_path, std::string path, int lock)
      : final_path_(std::move(final_path)), path_(std::move(path)), lock_(lock) {}

  std::string final_path_;
  std::string path_;
  int lock_;  // An open file that holds the lock; -1 when there is nothing to remove.
};

}  // namespace weft::media
