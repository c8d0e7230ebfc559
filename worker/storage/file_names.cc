#include "worker/storage/file_names.h"

#include <chrono>
#include <filesystem>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "common/writable_folder.h"

namespace weft::worker {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> EntriesOf(const fs::path& folder) {
  std::vector<fs::path> entries;
  std::error_code error;
  for (auto walk = fs::directory_iterator(folder, error);
       !error && walk != fs::directory_iterator(); walk.increment(error)) {
    entries.push_back(walk->path());
  }
  return entries;
}

}  // namespace

Result<FileNames> FileNames::Open(const std::string& folder) {
  WEFT_RETURN_IF_ERROR(MakeWritableFolder(folder));
  // Others hold it for a moment; one that is stopped meanwhile must not stop everybody.
  constexpr int kTries = 10'000;
  for (int i = 0; i < kTries; ++i) {
    WEFT_ASSIGN_OR_RETURN(std::optional<FileLock> lock, FileLock::TryNew(folder + "/.gate"));
    if (lock) {
      FileNames names(folder, *std::move(lock));
      names.RemoveStale();
      return names;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return Failure(ErrorCode::kUnavailable,
                 folder + "/.gate has been held by another worker for ten seconds; it may hang");
}

void FileNames::RemoveStale() const {
  std::error_code ignored;
  for (const fs::path& place : EntriesOf(folder_)) {
    if (!fs::is_directory(fs::symlink_status(place, ignored))) {
      continue;
    }
    for (const fs::path& name : EntriesOf(place)) {
      if (!fs::exists(name, ignored)) {  // What it leads to.
        fs::remove(name, ignored);
      }
    }
    fs::remove(place, ignored);  // If that is empty now.
  }
}

Result<std::string> FileNames::Name(const std::string& file, const std::string& name) {
  const fs::path place = fs::path(folder_) / fs::path(file).stem();
  WEFT_RETURN_IF_ERROR(MakeWritableFolder(place.string()));
  const fs::path path = place / name;
  std::error_code error;
  fs::create_symlink(file, path, error);
  if (error && error != std::errc::file_exists) {
    return Failure(ErrorCode::kUnavailable,
                   "cannot write " + path.string() + ": " + error.message());
  }
  return path.string();
}

}  // namespace weft::worker
