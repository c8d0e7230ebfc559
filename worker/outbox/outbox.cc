#include "worker/outbox/outbox.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "common/checksum.h"
#include "common/failpoint.h"
#include "common/file_sync.h"
#include "common/try_flock.h"
#include "common/wire/ids_wire.h"

namespace weft::worker {
namespace {

namespace fs = std::filesystem;

constexpr const char* kSuffix = ".outcome";
constexpr const char* kPartSuffix = ".outcome.part";  // Not yet whole.
constexpr std::size_t kSumBytes = sizeof(std::uint64_t);

// Of its file, without the suffix.
std::string NameOf(const AttemptId& attempt) {
  const TaskId& task = attempt.task;
  return task.job.value + "." + Name(task.stage) + "." + std::to_string(task.chunk) + "." +
         std::to_string(task.round) + ".e" + std::to_string(attempt.epoch) + "a" +
         std::to_string(attempt.number);
}

std::string WithSum(std::string bytes) {
  const std::uint64_t sum = Xxh3(bytes);
  bytes.append(kSumBytes, '\0');
  std::memcpy(bytes.data() + bytes.size() - kSumBytes, &sum, kSumBytes);
  return bytes;
}

std::optional<v1::ToCoordinator> Parse(const std::string& bytes) {
  if (bytes.size() < kSumBytes || WithSum(bytes.substr(0, bytes.size() - kSumBytes)) != bytes) {
    return std::nullopt;
  }
  v1::ToCoordinator outcome;
  const int size = static_cast<int>(bytes.size() - kSumBytes);
  const bool parsed = outcome.ParseFromArray(bytes.data(), size);
  return parsed && outcome.has_task_completed() ? std::optional(std::move(outcome)) : std::nullopt;
}

std::error_code LastError() {
  return {errno, std::generic_category()};
}

tl::unexpected<Error> SystemFailure(const std::string& what, const std::error_code& why) {
  const bool is_full = why == std::errc::no_space_on_device || why.value() == EDQUOT;
  const ErrorCode code = is_full                               ? ErrorCode::kNoSpace
                         : why == std::errc::permission_denied ? ErrorCode::kPermissionDenied
                                                               : ErrorCode::kInternal;
  return Failure(code, what + ": " + why.message());
}

// Its bytes are on disk, its name may not be.
Status WriteFile(const std::string& path, const std::string& bytes) {
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (file < 0) {
    return SystemFailure(path, LastError());
  }
  const std::error_code unwritten = WriteDurably(file, bytes);
  close(file);
  if (unwritten) {
    unlink(path.c_str());
    return SystemFailure(path, unwritten);
  }
  return {};
}

Result<std::string> ReadFile(const std::string& path) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (file < 0) {
    return SystemFailure(path, LastError());
  }
  std::string bytes;
  std::array<char, 4096> piece{};
  ssize_t count = 0;
  do {
    count = read(file, piece.data(), piece.size());
    bytes.append(piece.data(), static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
  } while (count > 0 || (count < 0 && errno == EINTR));
  const std::error_code why = LastError();
  close(file);
  if (count < 0) {
    return SystemFailure(path, why);
  }
  return bytes;
}

bool EndsWith(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

// Paths in their order.
Result<std::vector<std::string>> OwnFilesIn(const std::string& folder) {
  std::vector<std::string> paths;
  std::error_code error;
  for (auto walk = fs::directory_iterator(folder, error);
       !error && walk != fs::directory_iterator(); walk.increment(error)) {
    const std::string path = walk->path().string();
    std::error_code unknown;  // Then reading it says more.
    const bool is_file = fs::is_regular_file(walk->symlink_status(unknown)) || unknown;
    if (is_file && (EndsWith(path, kSuffix) || EndsWith(path, kPartSuffix))) {
      paths.push_back(path);
    }
  }
  if (error) {
    return SystemFailure(folder, error);
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

void LoadFile(const std::string& path, Outbox::Found& found) {
  const Result<std::string> bytes = ReadFile(path);
  if (!bytes) {
    found.warnings.push_back("a result that was kept cannot be read and stays where it is: " +
                             bytes.error().message());
    return;
  }
  if (std::optional<v1::ToCoordinator> outcome = Parse(*bytes); outcome.has_value()) {
    found.outcomes.push_back(*std::move(outcome));
    return;
  }
  std::error_code ignored;
  fs::remove(path, ignored);
  found.warnings.push_back("a result that was kept is damaged and removed: " + path);
}

}  // namespace

Result<Outbox> Outbox::Open(const std::string& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  const std::string path = folder + "/lock";
  const int lock = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (lock < 0) {
    return SystemFailure(path, LastError());
  }
  Outbox outbox(folder, lock);
  const Result<bool> locked = TryFlock(lock, LOCK_EX, path);
  if (!locked) {
    return Failure(locked.error().Within("--outbox"));
  }
  if (!*locked) {
    return Failure(ErrorCode::kFailedPrecondition,
                   folder + " is in use: another worker of this name runs on this machine");
  }
  return outbox;
}

Outbox::Outbox(Outbox&& other) noexcept
    : folder_(std::move(other.folder_)), lock_(std::exchange(other.lock_, -1)) {}

Outbox::~Outbox() {
  if (lock_ >= 0) {
    close(lock_);
  }
}

Result<Outbox::Found> Outbox::Load() const {
  WEFT_ASSIGN_OR_RETURN(const std::vector<std::string> paths, OwnFilesIn(folder_));
  Found found;
  for (const std::string& path : paths) {
    if (EndsWith(path, kSuffix)) {
      LoadFile(path, found);
    } else {
      std::error_code ignored;
      fs::remove(path, ignored);
    }
  }
  return found;
}

Status Outbox::Keep(const v1::ToCoordinator& outcome) const {
  WEFT_ASSIGN_OR_RETURN(const AttemptId attempt, FromWire(outcome.task_completed().attempt()));
  const std::string path = folder_ + "/" + NameOf(attempt) + kSuffix;
  const std::string partial = folder_ + "/" + NameOf(attempt) + kPartSuffix;
  WEFT_RETURN_IF_ERROR(WriteFile(partial, WithSum(outcome.SerializeAsString())));
  Failpoint("outbox/before-rename");
  std::error_code error;
  fs::rename(partial, path, error);
  if (error) {
    unlink(partial.c_str());
    return SystemFailure(path, error);
  }
  const std::error_code unsynced = SyncFolder(folder_);
  Failpoint("outbox/after-keep");
  return unsynced ? Status(SystemFailure(folder_, unsynced)) : Status();
}

void Outbox::Forget(const AttemptId& attempt) const {
  Failpoint("outbox/before-forget");
  std::error_code error;
  fs::remove(folder_ + "/" + NameOf(attempt) + kSuffix, error);
}

}  // namespace weft::worker
