#include "worker/storage/own_folder.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <system_error>
#include <thread>

#include "common/writable_folder.h"

namespace weft::worker {
namespace {

namespace fs = std::filesystem;

constexpr const char* kGate = "/.gate";      // Whoever holds it makes or looks for folders.
constexpr const char* kPattern = "/XXXXXX";  // Of mkdtemp.

// Another process has it for a moment only.
Result<FileLock> EnterGate(const std::string& folder) {
  while (true) {
    WEFT_ASSIGN_OR_RETURN(std::optional<FileLock> lock, FileLock::TryNew(folder + kGate));
    if (lock) {
      return *std::move(lock);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

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
    if (lock && walk->is_directory(ignored)) {
      found.push_back({walk->path().string(), *std::move(lock)});
    }
  }
  return found;
}

}  // namespace

Result<OwnFolder> OwnFolder::Open(const std::string& folder,
                                  const std::function<void(const std::string& path)>& left) {
  WEFT_RETURN_IF_ERROR(MakeWritableFolder(folder));
  std::vector<Left> found;
  std::optional<FileLock> lock;
  std::string own = folder + kPattern;
  {
    WEFT_ASSIGN_OR_RETURN(const FileLock gate, EnterGate(folder));
    found = FindLeft(folder);
    if (mkdtemp(own.data()) != nullptr) {
      if (auto taken = FileLock::Try(own, FileLock::Kind::kExclusive); taken) {
        lock.emplace(*std::move(taken));
      }
    }
  }
  if (!lock) {
    return Failure(ErrorCode::kPermissionDenied,
                   "cannot write " + folder + ": " + std::generic_category().message(errno));
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
