// Files that this machine has fetched, objects and others, in a folder, for as long as there is
// room. All workers of a machine may share it: one fetches, the others wait for it.

#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>

#include "common/result.h"
#include "common/storage/s3_store.h"
#include "worker/storage/file_lock.h"

namespace weft::worker {

// Where nobody says: what systemd gives (CACHE_DIRECTORY), weft in XDG_CACHE_HOME or in ~/.cache.
// Empty: there is no such place.
std::string DefaultCacheFolder(const EnvironmentLookup& environment);

// A file that stays where it is as long as this lives.
class CachedObject {
 public:
  CachedObject(std::string path, FileLock lock) : path_(std::move(path)), lock_(std::move(lock)) {}

  [[nodiscard]] const std::string& Path() const { return path_; }

 private:
  std::string path_;
  FileLock lock_;
};

// What is fetched, apart from all else.
struct FetchedThing {
  std::string store;  // For things of the same name in another one.
  std::string url;    // Ends in the file's name.
  ObjectVersion version;
};

class ObjectCache {
 public:
  // Appends to the file what it lacks of the thing.
  using Read = std::function<Status(const std::string& file)>;

  // Makes the folder. bytes_max: of all files; what is in use stays, also beyond it.
  // kPermissionDenied, kNoSpace: it cannot be made or written.
  static Result<ObjectCache> Open(const std::string& folder, std::uint64_t bytes_max);

  // That version of the thing, read unless it is here. Under its name it appears only whole; a
  // part that is here, of this process or another, is gone on from, unless the machine was started
  // anew since. A file that is here keeps its time of change. Errors as `read`, and
  // kInvalidArgument: it is larger than the cache may become.
  // kUnavailable: a file of the cache cannot be read or written, or the disk is full.
  // kFailedPrecondition: the cache's file system has no locks.
  // kCancelled: `is_stopped`, which may be empty, said so meanwhile, as while another process
  // fetches it.
  Result<CachedObject> Fetch(const FetchedThing& thing,
                             const Read& read,
                             const std::function<bool()>& is_stopped);

 private:
  ObjectCache(std::string folder, std::uint64_t bytes_max)
      : folder_(std::move(folder)), bytes_max_(bytes_max) {}

  [[nodiscard]] std::string PathOf(const FetchedThing& thing) const;
  // Removes what was used longest ago, until so many bytes more have room.
  void MakeRoom(std::uint64_t bytes) const;

  std::string folder_;
  std::uint64_t bytes_max_;
};

}  // namespace weft::worker
