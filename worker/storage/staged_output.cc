#include "worker/storage/staged_output.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <system_error>
#include <thread>
#include <vector>

#include "common/failpoint.h"
#include "common/whole_file.h"
#include "common/writable_folder.h"

namespace weft::worker {
namespace {

namespace fs = std::filesystem;

constexpr const char* kNote = "/.upload";    // In a folder: an object's URL, and its upload's id.
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

// All but the note.
std::vector<fs::path> FilesOf(const std::string& folder) {
  std::vector<fs::path> files;
  std::error_code error;
  for (auto walk = fs::directory_iterator(folder, error);
       !error && walk != fs::directory_iterator(); walk.increment(error)) {
    if (walk->path() != fs::path(folder + kNote)) {
      files.push_back(walk->path());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

void EndUpload(const std::string& folder, S3Store& store) {
  std::ifstream note(folder + kNote);
  std::string url;
  std::string upload;
  if (!std::getline(note, url) || !std::getline(note, upload)) {
    return;
  }
  if (const auto place = ParseObjectUrl(url); place) {
    // What cannot be ended now is left to the bucket's own rules.
    static_cast<void>(store.Abort(*place, upload, {}));
  }
}

}  // namespace

Result<StagedOutput> StagedOutput::Open(const std::string& folder,
                                        const ObjectPlace& place,
                                        S3Store& store) {
  WEFT_RETURN_IF_ERROR(MakeWritableFolder(folder));
  std::vector<Left> left;
  std::optional<FileLock> lock;
  std::string own = folder + kPattern;
  {
    WEFT_ASSIGN_OR_RETURN(const FileLock gate, EnterGate(folder));
    left = FindLeft(folder);
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
  for (const Left& one : left) {
    EndUpload(one.folder, store);
    std::error_code ignored;
    fs::remove_all(one.folder, ignored);
  }
  return StagedOutput(std::move(own), place, *std::move(lock));
}

StagedOutput::~StagedOutput() {
  if (folder_.empty()) {
    return;
  }
  std::error_code ignored;
  for (const fs::path& file : FilesOf(folder_)) {
    fs::remove(file, ignored);
  }
  fs::remove(folder_, ignored);  // Not where an upload is still to be ended.
}

TransferWatch StagedOutput::Noting(const ObjectPlace& place, const TransferWatch& watch) const {
  TransferWatch noting = watch;
  const std::string note = folder_ + kNote;
  noting.began = [place, note](const std::string& upload) {
    return WriteWholeFile(note, place.Url() + "\n" + upload + "\n");
  };
  noting.ended = [note](const std::string& /*upload*/) {
    std::error_code ignored;
    fs::remove(note, ignored);
  };
  return noting;
}

Status StagedOutput::Write(const ObjectPlace& place, S3Store& store, const TransferWatch& watch) {
  return store.Write(place, folder_ + "/" + place.FileName(), Noting(place, watch));
}

Status StagedOutput::Publish(S3Store& store, const TransferWatch& watch) {
  const std::string name = place_.FileName();
  TransferWatch quiet = watch;
  quiet.moved = nullptr;
  for (const fs::path& file : FilesOf(folder_)) {
    const std::string found = file.filename().string();
    if (found.rfind(name, 0) == 0 && found != name) {
      const std::string key = place_.key + found.substr(name.size());
      WEFT_RETURN_IF_ERROR(Write({place_.bucket, key}, store, quiet));
    }
  }
  Failpoint("storage/before-output");
  return Write(place_, store, watch);
}

Status StagedOutput::CheckWritable(S3Store& store, const TransferWatch& watch) {
  return store.CheckWritable(place_, Noting(place_, watch));
}

}  // namespace weft::worker
