#include "common/whole_file.h"

#include <cerrno>
#include <filesystem>
#include <random>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/file_sync.h"

namespace weft {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kMark = ".weft-";  // Between a file's name and a writer's digits.
constexpr std::string_view kDigits = "0123456789abcdef";
constexpr std::size_t kDigitCount = 8;
constexpr mode_t kOrdinaryFile = 0666;  // Less what the user's umask takes away.
// Whoever still writes has written since.
constexpr time_t kLeftAfterSeconds = time_t{24} * 60 * 60;

Status CannotWrite(const std::string& path, std::error_code why) {
  const bool is_full = why == std::errc::no_space_on_device || why.value() == EDQUOT;
  const ErrorCode code = is_full ? ErrorCode::kNoSpace : ErrorCode::kPermissionDenied;
  return Failure(code, "cannot write " + path + ": " + why.message());
}

std::string FolderOf(const std::string& path) {
  const std::string folder = fs::path(path).parent_path().string();
  return folder.empty() ? "." : folder;
}

std::string DrawDigits() {
  std::random_device random;
  std::string digits;
  while (digits.size() < kDigitCount) {
    digits += kDigits[random() % kDigits.size()];
  }
  return digits;
}

struct Partial {
  std::string path;
  int file = -1;
};

// Nobody else writes it. Not made as mkstemp makes files: those are for their owner alone.
Result<Partial> CreateBeside(const std::string& path) {
  const std::string name = fs::path(path).filename().string();
  const std::string beginning = FolderOf(path) + "/." + name + std::string(kMark);
  constexpr int kFlags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC;
  Partial partial;
  do {
    partial.path = beginning + DrawDigits();
    partial.file = ::open(partial.path.c_str(), kFlags, kOrdinaryFile);
  } while (partial.file < 0 && errno == EEXIST);
  if (partial.file < 0) {
    return Failure(CannotWrite(path, {errno, std::generic_category()}).error());
  }
  return partial;
}

bool IsPartial(const std::string& name) {
  constexpr std::size_t kEnd = kMark.size() + kDigitCount;
  return name.size() > kEnd + 1 && name.front() == '.' &&
         name.compare(name.size() - kEnd, kMark.size(), kMark) == 0 &&
         name.find_first_not_of(kDigits, name.size() - kDigitCount) == std::string::npos;
}

// file: was made just now, by the clock of whoever keeps the folder's files.
void RemoveLeft(const std::string& folder, int file) {
  struct stat made {};
  if (::fstat(file, &made) != 0) {
    return;
  }
  std::error_code error;
  for (auto walk = fs::directory_iterator(folder, error);
       !error && walk != fs::directory_iterator(); walk.increment(error)) {
    struct stat found {};
    if (IsPartial(walk->path().filename().string()) && ::lstat(walk->path().c_str(), &found) == 0 &&
        S_ISREG(found.st_mode) && found.st_mtim.tv_sec < made.st_mtim.tv_sec - kLeftAfterSeconds) {
      ::unlink(walk->path().c_str());
    }
  }
}

}  // namespace

Status WriteWholeFile(const std::string& path, std::string_view bytes) {
  const std::string folder = FolderOf(path);
  WEFT_ASSIGN_OR_RETURN(const Partial partial, CreateBeside(path));
  RemoveLeft(folder, partial.file);  // First: its space may be needed.
  const std::error_code unwritten = WriteDurably(partial.file, bytes);
  ::close(partial.file);
  Status placed = unwritten ? CannotWrite(path, unwritten) : PutInPlace(partial.path, path);
  if (!placed) {
    ::unlink(partial.path.c_str());
    return placed;
  }
  const std::error_code unsynced = SyncFolder(folder);
  return unsynced ? CannotWrite(path, unsynced) : Status();
}

Status PutInPlace(const std::string& partial, const std::string& path) {
  std::error_code why;
  fs::rename(partial, path, why);
  return why ? CannotWrite(path, why) : Status();
}

}  // namespace weft
