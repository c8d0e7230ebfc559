// Objects that this machine has fetched, as files in a folder, for as long as there is room. All
// workers of a machine may share it: one fetches, the others wait for it.

#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "common/result.h"
#include "common/storage/object_place.h"
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

class ObjectCache {
 public:
  // Makes the folder. bytes_max: of all files; what is in use stays, also beyond it.
  // store: the name of the store, for objects of the same name in another one.
  // kPermissionDenied, kNoSpace: it cannot be made or written.
  static Result<ObjectCache> Open(const std::string& folder,
                                  std::uint64_t bytes_max,
                                  std::string store);

  // That version of the object, fetched unless it is here. Under its name it appears only whole; a
  // part that is here, of this process or another, is gone on from, unless the machine was started
  // anew since. Errors as S3Store::Read, and
  // kInvalidArgument: it is larger than the cache may become.
  // kUnavailable: the disk is full, or another process fetches it and does not end.
  Result<CachedObject> Fetch(const ObjectPlace& place,
                             const ObjectVersion& version,
                             S3Store& store,
                             const TransferWatch& watch);

 private:
  ObjectCache(std::string folder, std::uint64_t bytes_max, std::string store)
      : folder_(std::move(folder)), bytes_max_(bytes_max), store_(std::move(store)) {}

  [[nodiscard]] std::string PathOf(const ObjectPlace& place, const ObjectVersion& version) const;
  // Removes what was used longest ago, until so many bytes more have room.
  void MakeRoom(std::uint64_t bytes) const;

  std::string folder_;
  std::uint64_t bytes_max_;
  std::string store_;
};

}  // namespace weft::worker
