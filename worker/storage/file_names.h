// Other names for files of a cache, for who goes by what a file is called. All workers of a machine
// may share the folder of names.

#pragma once

#include <map>
#include <string>

#include "common/result.h"
#include "worker/storage/file_lock.h"

namespace weft::worker {

class FileNames {
 public:
  // Makes the folder. Meanwhile nobody else gives names there or takes them away: this is for a
  // moment. Names of files that are not there any more, and what they lie in, are removed.
  // kPermissionDenied, kNoSpace: it cannot be made or written.  kUnavailable: somebody else has had
  // it for ten seconds.  kFailedPrecondition: its file system has no locks.
  static Result<FileNames> Open(const std::string& folder);

  // A path that is always the same for the same two, leads to `file`, and ends in `name`.
  // REQUIRES: `file` stays there as long as the path is used; no two files have one stem.
  // kUnavailable: it cannot be written.
  Result<std::string> Name(const std::string& file, const std::string& name);

  // A folder that is always the same for the same files, with one for each: names, which may lead
  // through folders but not upwards, and the files that they lead to.
  // REQUIRES: the files stay there as long as the folder is used.
  // kUnavailable: it cannot be written.
  Result<std::string> Tree(const std::map<std::string, std::string>& files);

 private:
  FileNames(std::string folder, FileLock lock)
      : folder_(std::move(folder)), lock_(std::move(lock)) {}

  void RemoveStale() const;

  std::string folder_;
  FileLock lock_;
};

}  // namespace weft::worker
