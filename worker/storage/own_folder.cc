#include "worker/storage/own_folder.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <system_error>

#include "common/writable_folder.h"

namespace weft::worker {
namespace {

namespace fs = std::filesystem;

constexpr const char* kGate = "/.gate";      // Whoever holds it makes or looks for folders.
constexpr const char* kPattern = "/XXXXXX";  // Of mkdtemp.

struct Left {
  std::string folder;
  FileLock lock;
};

// Folders whose owners are gone.
std::vector<Left> FindLeft(const std::string& folder) {
  std::vector<Left> found;
  std::error_code error;
  for (auto walk = fs::directory_iterator(folder, error);
       !error && walk != fs::directory_iterator(); walk.increment(error)) {
    std::error_code ignored;
    auto lock = FileLock::Try(walk->path().string(), FileLock::Kind::kExclusive);
    if (lock && *lock && walk->is_directory(ignored)) {
      found.push_back({walk->path().string(), **std::move(lock)});
    }
  }
  return found;
}

// path: ends as mkdtemp asks; becomes what it makes of it.
Result<FileLock> MakeLocked(std::string& path) {
  if (mkdtemp(path.data()) == nullptr) {
    const bool is_full = errno == ENOSPC || errno == EDQUOT;
    return Failure(is_full ? ErrorCode::kNoSpace : ErrorCode::kPermissionDenied,
                   "cannot write " + fs::path(path).parent_path().string() + ": " +
                       std::generic_category().message(errno));
  }
  auto lock = FileLock::Try(path, FileLock::Kind::kExclusive);
  if (lock && *lock) {
    return **std::move(lock);
  }
  std::error_code ignored;
  fs::remove(path, ignored);
  return lock ? Failure(ErrorCode::kUnavailable, path + " was taken away by another process")
              : Failure(lock.error());
}

}  // namespace

Result<OwnFolder> OwnFolder::Open(const std::string& folder,
                                  const std::function<void(const std::string& path)>& left) {
  WEFT_RETURN_IF_ERROR(MakeWritableFolder(folder));
  std::vector<Left> found;
  std::optional<FileLock> lock;
  std::string own = folder + kPattern;
  {
    WEFT_ASSIGN_OR_RETURN(const FileLock gate, FileLock::AwaitNew(folder + kGate));
    found = FindLeft(folder);
    WEFT_ASSIGN_OR_RETURN(FileLock made, MakeLocked(own));
    lock.emplace(std::move(made));
  }
  for (const Left& one : found) {
    if (left) {
      left(one.folder);
    }
    std::error_code ignored;
    fs::remove_all(one.folder, ignored);
  }
  return OwnFolder(std::move(own), *std::move(lock));
}

OwnFolder::~OwnFolder() {
  if (path_.empty()) {
    return;
  }
  std::error_code ignored;
  for (const std::string& file : FilesNamedAs("")) {
    if (file.front() != '.') {
      fs::remove(path_ + "/" + file, ignored);
    }
  }
  fs::remove(path_, ignored);
}

std::vector<std::string> OwnFolder::FilesNamedAs(const std::string& beginning) const {
  std::vector<std::string> files;
  std::error_code error;
  for (auto walk = fs::directory_iterator(path_, error); !error && walk != fs::directory_iterator();
       walk.increment(error)) {
    const std::string name = walk->path().filename().string();
    if (name.rfind(beginning, 0) == 0) {
      files.push_back(name);
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace weft::worker
