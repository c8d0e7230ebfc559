#include "worker/storage/file_names.h"

#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include "common/storage/sigv4.h"
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

// Of a folder: what leads nowhere, and then itself where it is empty.
void RemoveStaleIn(const fs::path& place) {
  std::error_code ignored;
  if (!fs::is_directory(fs::symlink_status(place, ignored))) {
    return;
  }
  for (const fs::path& entry : EntriesOf(place)) {
    RemoveStaleIn(entry);
    if (fs::is_symlink(entry, ignored) && !fs::exists(entry, ignored)) {
      fs::remove(entry, ignored);
    }
  }
  fs::remove(place, ignored);
}

Status Link(const std::string& file, const fs::path& path) {
  std::error_code error;
  fs::create_symlink(file, path, error);
  return error && error != std::errc::file_exists
             ? Status(Failure(ErrorCode::kUnavailable,
                              "cannot write " + path.string() + ": " + error.message()))
             : Status();
}

}  // namespace

Result<FileNames> FileNames::Open(const std::string& folder) {
  WEFT_RETURN_IF_ERROR(MakeWritableFolder(folder));
  WEFT_ASSIGN_OR_RETURN(FileLock gate, FileLock::AwaitNew(folder + "/.gate"));
  FileNames names(folder, std::move(gate));
  names.RemoveStale();
  return names;
}

void FileNames::RemoveStale() const {
  for (const fs::path& place : EntriesOf(folder_)) {
    RemoveStaleIn(place);
  }
}

Result<std::string> FileNames::Name(const std::string& file, const std::string& name) {
  const fs::path place = fs::path(folder_) / fs::path(file).stem();
  WEFT_RETURN_IF_ERROR(MakeWritableFolder(place.string()));
  const fs::path path = place / name;
  WEFT_RETURN_IF_ERROR(Link(file, path));
  return path.string();
}

Result<std::string> FileNames::Tree(const std::map<std::string, std::string>& files) {
  std::string all;
  for (const auto& [name, file] : files) {
    all += name;
    all += "\n";
    all += file;
    all += "\n";
  }
  const fs::path place = fs::path(folder_) / Sha256(all);
  for (const auto& [name, file] : files) {
    const fs::path path = place / name;
    WEFT_RETURN_IF_ERROR(MakeWritableFolder(path.parent_path().string()));
    WEFT_RETURN_IF_ERROR(Link(file, path));
  }
  return place.string();
}

}  // namespace weft::worker
