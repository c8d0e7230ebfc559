#include "worker/outbox/outbox.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "common/checksum.h"
#include "common/failpoint.h"
#include "common/wire/ids_wire.h"

namespace weft::worker {
namespace {

constexpr const char* kSuffix = ".outcome";
constexpr std::size_t kSumBytes = sizeof(std::uint64_t);

std::string NameOf(const AttemptId& attempt) {
  const TaskId& task = attempt.task;
  return task.job.value + "." + Name(task.stage) + "." + std::to_string(task.chunk) + "." +
         std::to_string(task.round) + ".e" + std::to_string(attempt.epoch) + "a" +
         std::to_string(attempt.number) + kSuffix;
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

tl::unexpected<Error> SystemFailure(const std::string& what) {
  const int number = errno;
  const ErrorCode code = number == ENOSPC   ? ErrorCode::kNoSpace
                         : number == EACCES ? ErrorCode::kPermissionDenied
                                            : ErrorCode::kInternal;
  return Failure(code, what + ": " + std::generic_category().message(number));
}

// Writes all bytes and waits until they are on disk.
Status WriteDurably(const std::string& path, const std::string& bytes) {
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (file < 0) {
    return SystemFailure(path);
  }
  std::size_t written = 0;
  while (written < bytes.size()) {
    const ssize_t count = write(file, bytes.data() + written, bytes.size() - written);
    if (count < 0 && errno != EINTR) {
      break;
    }
    written += static_cast<std::size_t>(std::max<ssize_t>(count, 0));
  }
  const bool whole = written == bytes.size() && fsync(file) == 0;
  Status status = whole ? Status() : Status(SystemFailure(path));
  close(file);
  return status;
}

Status SyncFolder(const std::string& folder) {
  const int file = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool synced = file >= 0 && fsync(file) == 0;
  Status status = synced ? Status() : Status(SystemFailure(folder));
  if (file >= 0) {
    close(file);
  }
  return status;
}

}  // namespace

Result<Outbox> Outbox::Open(const std::string& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  const std::string path = folder + "/lock";
  const int lock = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (lock < 0) {
    return SystemFailure(path);
  }
  if (flock(lock, LOCK_EX | LOCK_NB) != 0) {
    close(lock);
    return Failure(ErrorCode::kFailedPrecondition,
                   folder + " is in use: another worker of this name runs on this machine");
  }
  return Outbox(folder, lock);
}

Outbox::Outbox(Outbox&& other) noexcept
    : folder_(std::move(other.folder_)), lock_(std::exchange(other.lock_, -1)) {}

Outbox::~Outbox() {
  if (lock_ >= 0) {
    close(lock_);
  }
}

std::vector<v1::ToCoordinator> Outbox::Load() const {
  std::error_code error;
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(folder_, error)) {
    if (entry.path().filename() != "lock") {
      paths.push_back(entry.path());
    }
  }
  std::sort(paths.begin(), paths.end());
  std::vector<v1::ToCoordinator> outcomes;
  for (const std::filesystem::path& path : paths) {
    std::ifstream file(path, std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(file)), {});
    std::optional<v1::ToCoordinator> outcome = Parse(bytes);
    if (outcome.has_value() && path.extension() == kSuffix) {
      outcomes.push_back(*std::move(outcome));
    } else {
      std::filesystem::remove(path, error);
    }
  }
  return outcomes;
}

Status Outbox::Keep(const v1::ToCoordinator& outcome) const {
  WEFT_ASSIGN_OR_RETURN(const AttemptId attempt, FromWire(outcome.task_completed().attempt()));
  const std::string path = folder_ + "/" + NameOf(attempt);
  const std::string partial = path + ".part";
  WEFT_RETURN_IF_ERROR(WriteDurably(partial, WithSum(outcome.SerializeAsString())));
  Failpoint("outbox/before-rename");
  std::error_code error;
  std::filesystem::rename(partial, path, error);
  if (error) {
    return Failure(ErrorCode::kInternal, path + ": " + error.message());
  }
  const Status synced = SyncFolder(folder_);
  Failpoint("outbox/after-keep");
  return synced;
}

void Outbox::Forget(const AttemptId& attempt) const {
  Failpoint("outbox/before-forget");
  std::error_code error;
  std::filesystem::remove(folder_ + "/" + NameOf(attempt), error);
}

}  // namespace weft::worker
