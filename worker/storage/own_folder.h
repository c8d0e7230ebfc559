// A folder of one's own below another one, for files that are to go elsewhere.

#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "common/result.h"
#include "worker/storage/file_lock.h"

namespace weft::worker {

// Goes with this, unless a hidden file is in it then. What a killed process has left goes with the
// next one that opens here.
class OwnFolder {
 public:
  // Makes one below `folder`, which is made where it is not there. left: told of each that a
  // process has left there, before it goes; empty: nobody is.
  // kPermissionDenied, kNoSpace: it cannot be made.  kUnavailable: another process has been at it
  // for ten seconds.  kFailedPrecondition: its file system has no locks.
  static Result<OwnFolder> Open(const std::string& folder,
                                const std::function<void(const std::string& path)>& left = {});

  OwnFolder(OwnFolder&& other) noexcept
      : path_(std::exchange(other.path_, "")), lock_(std::move(other.lock_)) {}
  OwnFolder(const OwnFolder&) = delete;
  OwnFolder& operator=(const OwnFolder&) = delete;
  OwnFolder& operator=(OwnFolder&&) = delete;
  ~OwnFolder();

  [[nodiscard]] const std::string& Path() const { return path_; }

  // The files there whose names begin so, without the folder's path: ascending.
  [[nodiscard]] std::vector<std::string> FilesNamedAs(const std::string& beginning) const;

 private:
  OwnFolder(std::string path, FileLock lock) : path_(std::move(path)), lock_(std::move(lock)) {}

  std::string path_;
  FileLock lock_;  // Of the folder: it is in use.
};

}  // namespace weft::worker
