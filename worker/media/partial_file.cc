#include "worker/media/partial_file.h"

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <string>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/failpoint.h"
#include "common/file_sync.h"
#include "common/try_flock.h"
#include "worker/media/ffmpeg.h"

namespace weft::media {
namespace {

constexpr mode_t kOrdinaryFile = 0666;  // Less what the user's umask takes away.

Error SystemError(const std::string& what) {
  return FfmpegError(AVERROR(errno), what);
}

std::string FolderOf(const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  return folder.empty() ? "." : folder;
}

Status CheckName(const std::string& final_path) {
  const std::string folder = FolderOf(final_path);
  struct stat status {};
  if (stat(folder.c_str(), &status) != 0) {
    return Failure(SystemError("cannot write to the folder " + folder));
  }
  if (stat(final_path.c_str(), &status) == 0 && S_ISDIR(status.st_mode)) {
    return Failure(ErrorCode::kInvalidArgument,
                   final_path + " is a folder; give the output another name");
  }
  return {};
}

// The lock is on the file that has this name now, not on one that was published or removed between
// opening and locking.
bool IsStillNamed(int file, const std::string& path) {
  struct stat held {};
  struct stat named {};
  return fstat(file, &held) == 0 && stat(path.c_str(), &named) == 0 &&
         held.st_ino == named.st_ino && held.st_dev == named.st_dev;
}

}  // namespace

Result<PartialFile> PartialFile::Create(const std::string& final_path) {
  WEFT_RETURN_IF_ERROR(CheckName(final_path));
  const std::string name = std::filesystem::path(final_path).filename().string();
  std::string path = FolderOf(final_path) + "/." + name + ".weft-partial";
  while (true) {
    // No link leads elsewhere: others may write to the folder.
    const int file = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, kOrdinaryFile);
    if (file < 0) {
      return Failure(SystemError("cannot write " + final_path));
    }
    const Result<bool> locked = TryFlock(file, LOCK_EX, path);
    if (!locked || !*locked) {
      close(file);
      return locked ? Failure(ErrorCode::kUnavailable, "another process is writing " + final_path +
                                                           "; wait for it or stop it")
                    : Failure(locked.error().Within("cannot write " + final_path));
    }
    if (IsStillNamed(file, path)) {
      return PartialFile(final_path, std::move(path), file);
    }
    close(file);
  }
}

PartialFile::~PartialFile() {
  if (lock_ >= 0) {
    unlink(path_.c_str());  // Before the lock goes, so that nobody else's file is removed.
    close(lock_);
  }
}

Status PartialFile::Publish() {
  if (fsync(lock_) != 0) {
    return Failure(SystemError("cannot write " + final_path_));
  }
  Failpoint("output/before-rename");
  if (std::rename(path_.c_str(), final_path_.c_str()) != 0) {
    return Failure(SystemError("cannot rename the finished file to " + final_path_));
  }
  Failpoint("output/after-rename");
  close(std::exchange(lock_, -1));
  if (const std::error_code why = SyncFolder(FolderOf(final_path_)); why) {
    return Failure(FfmpegError(AVERROR(why.value()), "cannot make " + final_path_ + " durable"));
  }
  return {};
}

}  // namespace weft::media
