#include "worker/storage/object_cache.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <optional>
#include <system_error>
#include <thread>
#include <vector>

#include <sys/stat.h>
#include <unistd.h>

#include "common/storage/sigv4.h"
#include "common/writable_folder.h"

namespace weft::worker {
namespace {

namespace fs = std::filesystem;

constexpr const char* kPart = ".part";

// Letters that are safe in a file's name anywhere; FFmpeg looks at its end.
std::string SafeName(const std::string& name) {
  constexpr std::size_t kMax = 64;
  std::string safe = name.substr(name.size() - std::min(name.size(), kMax));
  std::replace_if(
      safe.begin(), safe.end(),
      [](char letter) {
        const bool is_plain = (letter >= 'a' && letter <= 'z') ||
                              (letter >= 'A' && letter <= 'Z') ||
                              (letter >= '0' && letter <= '9') || letter == '.' || letter == '-';
        return !is_plain;
      },
      '_');
  return safe;
}

// Written before this machine was started last: what was not made durable may read as zeros.
bool IsOfAnotherLife(int file) {
  timespec since_start{};
  struct stat facts {};
  if (clock_gettime(CLOCK_BOOTTIME, &since_start) != 0 || fstat(file, &facts) != 0) {
    return true;
  }
  return facts.st_mtim.tv_sec < std::time(nullptr) - since_start.tv_sec;
}

bool IsWhole(const FileLock& lock, const ObjectVersion& version) {
  struct stat facts {};
  return fstat(lock.Descriptor(), &facts) == 0 &&
         static_cast<std::uint64_t>(facts.st_size) == version.size_bytes;
}

Status Publish(const FileLock& part, const std::string& from, const std::string& to) {
  if (fsync(part.Descriptor()) != 0 || std::rename(from.c_str(), to.c_str()) != 0) {
    return Failure(ErrorCode::kUnavailable,
                   "cannot keep " + to + ": " + std::generic_category().message(errno));
  }
  return {};
}

struct Kept {
  fs::path path;
  std::uint64_t bytes = 0;
  timespec used{};
};

bool IsEarlier(const timespec& a, const timespec& b) {
  return a.tv_sec != b.tv_sec ? a.tv_sec < b.tv_sec : a.tv_nsec < b.tv_nsec;
}

// The time of change stays as it is: what is made of a file is kept as long as that is the same.
void NoteUse(const FileLock& lock) {
  const timespec times[] = {{0, UTIME_NOW}, {0, UTIME_OMIT}};
  futimens(lock.Descriptor(), &times[0]);
}

// Nothing: it is not there, or not whole.
Result<std::optional<CachedObject>> Use(const std::string& path, const ObjectVersion& version) {
  WEFT_ASSIGN_OR_RETURN(std::optional<FileLock> lock, FileLock::Try(path, FileLock::Kind::kShared));
  if (!lock || !IsWhole(*lock, version)) {
    return std::optional<CachedObject>();
  }
  NoteUse(*lock);
  return std::optional<CachedObject>(std::in_place, path, *std::move(lock));
}

// The longest unused first.
std::vector<Kept> FilesIn(const std::string& folder) {
  std::vector<Kept> files;
  std::error_code error;
  for (auto walk = fs::directory_iterator(folder, error);
       !error && walk != fs::directory_iterator(); walk.increment(error)) {
    struct stat facts {};
    if (stat(walk->path().c_str(), &facts) == 0) {
      files.push_back({walk->path(), static_cast<std::uint64_t>(facts.st_size), facts.st_atim});
    }
  }
  std::sort(files.begin(), files.end(),
            [](const Kept& a, const Kept& b) { return IsEarlier(a.used, b.used); });
  return files;
}

Status WaitAMoment(const std::function<bool()>& is_stopped) {
  if (is_stopped && is_stopped()) {
    return Failure(ErrorCode::kCancelled, "it was stopped");
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  return {};
}

}  // namespace

std::string DefaultCacheFolder(const EnvironmentLookup& environment) {
  const std::string given = environment("CACHE_DIRECTORY").value_or("");
  if (!given.empty()) {
    return given.substr(0, given.find(':'));
  }
  const std::string caches = environment("XDG_CACHE_HOME").value_or("");
  if (!caches.empty()) {
    return caches + "/weft";
  }
  const std::string home = environment("HOME").value_or("");
  return home.empty() ? "" : home + "/.cache/weft";
}

Result<ObjectCache> ObjectCache::Open(const std::string& folder, std::uint64_t bytes_max) {
  WEFT_RETURN_IF_ERROR(MakeWritableFolder(folder));
  return ObjectCache(folder, bytes_max);
}

std::string ObjectCache::PathOf(const FetchedThing& thing) const {
  constexpr std::size_t kDigits = 32;
  const std::string what = thing.store + "\n" + thing.url + "\n" + thing.version.etag + "\n" +
                           std::to_string(thing.version.size_bytes);
  const std::string name = thing.url.substr(thing.url.rfind('/') + 1);
  return folder_ + "/" + Sha256(what).substr(0, kDigits) + "-" + SafeName(name);
}

void ObjectCache::MakeRoom(std::uint64_t bytes) const {
  const std::vector<Kept> files = FilesIn(folder_);
  std::uint64_t all = bytes;
  for (const Kept& file : files) {
    all += file.bytes;
  }
  for (const Kept& file : files) {
    if (all <= bytes_max_) {
      return;
    }
    const auto lock = FileLock::Try(file.path.string(), FileLock::Kind::kExclusive);
    std::error_code error;
    if (lock && *lock && fs::remove(file.path, error)) {
      all -= file.bytes;
    }
  }
}

Result<CachedObject> ObjectCache::Fetch(const FetchedThing& thing,
                                        const Read& read,
                                        const std::function<bool()>& is_stopped) {
  const ObjectVersion& version = thing.version;
  if (version.size_bytes > bytes_max_) {
    return Failure(ErrorCode::kInvalidArgument, thing.url + " has " +
                                                    std::to_string(version.size_bytes) +
                                                    " bytes, and this worker's cache takes " +
                                                    std::to_string(bytes_max_) + " (cache-size)");
  }
  const std::string path = PathOf(thing);
  const std::string part = path + kPart;
  while (true) {
    WEFT_ASSIGN_OR_RETURN(std::optional<CachedObject> here, Use(path, version));
    if (here) {
      return *std::move(here);
    }
    WEFT_ASSIGN_OR_RETURN(const std::optional<FileLock> fetching, FileLock::TryNew(part));
    if (!fetching) {
      WEFT_RETURN_IF_ERROR(WaitAMoment(is_stopped));
      continue;
    }
    std::error_code ignored;
    if (fs::file_size(path, ignored) == version.size_bytes) {
      fs::remove(part, ignored);  // Somebody was faster.
      continue;
    }
    if (IsOfAnotherLife(fetching->Descriptor()) && ftruncate(fetching->Descriptor(), 0) != 0) {
      return Failure(ErrorCode::kUnavailable, "cannot write " + part);
    }
    MakeRoom(version.size_bytes);
    WEFT_RETURN_IF_ERROR(read(part));
    WEFT_RETURN_IF_ERROR(Publish(*fetching, part, path));
  }
}

}  // namespace weft::worker
