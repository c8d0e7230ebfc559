#include "coordinator/cli/state_folder.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string_view>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/try_flock.h"

namespace weft::cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* kLockName = "weft.lock";
constexpr const char* kJobName = "job.json";
constexpr const char* kFreshJobName = "job.json.new";
constexpr std::string_view kLogEnding = ".log";
// Besides logs. ledger and blobs are the server's.
constexpr std::array<std::string_view, 7> kOurNames = {
    kLockName, kJobName, kFreshJobName, "ledger", "blobs", "control.sock", "bulk.sock"};
constexpr int kFormat = 1;
constexpr std::size_t kDifferencesShownMax = 5;

Error SystemError(int number, const std::string& what) {
  const std::string message = what + ": " + std::generic_category().message(number);
  switch (number) {
    case ENOSPC:
    case EDQUOT:
      return {ErrorCode::kNoSpace, message};
    case EACCES:
    case EPERM:
    case EROFS:
    case ENOENT:
      return {ErrorCode::kPermissionDenied, message};
    case EEXIST:
    case ENOTDIR:
      return {ErrorCode::kAlreadyExists, message};
    default:
      return {ErrorCode::kInternal, message};
  }
}

std::string ReadText(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

Status WriteAll(int file, const std::string& text, const std::string& path) {
  std::size_t written = 0;
  while (written < text.size()) {
    const ssize_t count = ::write(file, text.data() + written, text.size() - written);
    if (count < 0 && errno != EINTR) {
      return Failure(SystemError(errno, "cannot write " + path));
    }
    written += count > 0 ? static_cast<std::size_t>(count) : 0;
  }
  return {};
}

// True when `lock` is still what stands at `path`: whoever held it before may have removed it.
bool StillThere(int lock, const std::string& path) {
  struct stat held {};
  struct stat standing {};
  return ::fstat(lock, &held) == 0 && ::stat(path.c_str(), &standing) == 0 &&
         held.st_dev == standing.st_dev && held.st_ino == standing.st_ino;
}

Result<int> Lock(const std::string& folder) {
  const std::string path = folder + "/" + kLockName;
  while (true) {
    const int lock = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (lock < 0) {
      return Failure(SystemError(errno, "cannot write in the state folder " + folder));
    }
    const Result<bool> locked = TryFlock(lock, LOCK_EX, path);
    if (!locked || !*locked) {
      ::close(lock);
      return locked ? Failure(ErrorCode::kFailedPrecondition,
                              "another weft (process " + ReadText(path) + ") is using " + folder)
                    : Failure(locked.error());
    }
    if (StillThere(lock, path)) {
      return lock;
    }
    ::close(lock);
  }
}

Status SignLock(int lock, const std::string& folder) {
  if (::ftruncate(lock, 0) != 0) {
    return Failure(SystemError(errno, "cannot write in the state folder " + folder));
  }
  return WriteAll(lock, std::to_string(::getpid()), folder + "/" + kLockName);
}

bool StartsWith(std::string_view text, std::string_view start) {
  return text.substr(0, start.size()) == start;
}

bool EndsWith(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

// Logs are rotated: coordinator.log, coordinator.1.log, worker-0.log, worker-0.1.log.
bool IsOurs(std::string_view name) {
  if (StartsWith(name, "worker-")) {
    const std::size_t dot = name.find('.');
    const std::string_view number = name.substr(0, dot).substr(7);
    const bool is_number =
        !number.empty() && number.find_first_not_of("0123456789") == std::string_view::npos;
    return is_number && (EndsWith(name, kLogEnding) || EndsWith(name, ".out"));
  }
  return (StartsWith(name, "coordinator.") && EndsWith(name, kLogEnding)) ||
         std::find(kOurNames.begin(), kOurNames.end(), name) != kOurNames.end();
}

std::string List(const std::vector<std::string>& lines) {
  std::string text;
  for (std::size_t i = 0; i < lines.size() && i < kDifferencesShownMax; ++i) {
    text += (i == 0 ? "" : "; ") + lines[i];
  }
  if (lines.size() > kDifferencesShownMax) {
    text += "; and " + std::to_string(lines.size() - kDifferencesShownMax) + " more";
  }
  return text;
}

}  // namespace

Result<std::unique_ptr<StateFolder>> StateFolder::Open(const std::string& path) {
  const bool made = ::mkdir(path.c_str(), 0700) == 0;
  if (!made && errno != EEXIST) {
    return Failure(SystemError(errno, "cannot make the state folder " + path));
  }
  Result<int> lock = Lock(path);
  if (!lock) {
    if (made) {
      ::rmdir(path.c_str());
    }
    return Failure(lock.error());
  }
  std::unique_ptr<StateFolder> folder(new StateFolder(path, made, *lock));
  WEFT_RETURN_IF_ERROR(SignLock(*lock, path));
  return folder;
}

StateFolder::~StateFolder() {
  // A folder that was never claimed is left as it was found.
  std::error_code error;
  if (!fs::exists(path_ + "/" + kJobName, error)) {
    ::unlink((path_ + "/" + kLockName).c_str());
    if (made_) {
      ::rmdir(path_.c_str());
    }
  }
  ::close(lock_);
}

Status StateFolder::Claim(const JobFacts& facts) {
  const std::string path = path_ + "/" + kJobName;
  std::error_code error;
  if (!fs::exists(path, error)) {
    for (const std::string& entry : OurEntries()) {
      // A note that was not renamed yet when its process was killed says nothing to anybody.
      if (entry != kLockName && entry != kFreshJobName) {
        return Failure(ErrorCode::kAlreadyExists, "the state folder " + path_ + " holds \"" +
                                                      entry +
                                                      "\", which no render of Weft put there; " +
                                                      "choose another one with --state DIR");
      }
    }
    return WriteFacts(facts);
  }
  try {
    const nlohmann::json note = nlohmann::json::parse(ReadText(path));
    const std::vector<std::string> differences =
        Differences(note.at("facts").get<JobFacts>(), facts);
    if (!differences.empty()) {
      return Failure(ErrorCode::kFailedPrecondition,
                     path_ + " holds the unfinished work of another job (" + List(differences) +
                         "); finish that one first, or delete the folder, or choose another one " +
                         "with --state DIR");
    }
    made_ = note.at("folder_made").get<bool>();
  } catch (const nlohmann::json::exception&) {
    return Failure(ErrorCode::kDataLoss, path + " is damaged; delete the folder " + path_ +
                                             ", or choose another one with --state DIR");
  }
  resumed_ = true;
  return {};
}

// Written beside and renamed, so that a crash leaves either no note or a whole one.
Status StateFolder::WriteFacts(const JobFacts& facts) const {
  const std::string path = path_ + "/" + kJobName;
  const std::string fresh = path_ + "/" + kFreshJobName;
  const nlohmann::json note = {{"format", kFormat}, {"folder_made", made_}, {"facts", facts}};
  const std::string text =
      note.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  const int file = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) {
    return Failure(SystemError(errno, "cannot write " + fresh));
  }
  Status written = WriteAll(file, text, fresh);
  if (written && ::fsync(file) != 0) {
    written = Failure(SystemError(errno, "cannot write " + fresh));
  }
  ::close(file);
  if (written && ::rename(fresh.c_str(), path.c_str()) != 0) {
    written = Failure(SystemError(errno, "cannot write " + path));
  }
  if (!written) {
    ::unlink(fresh.c_str());
  }
  return written;
}

std::string StateFolder::WorkerLog(std::uint32_t number) const {
  return path_ + "/worker-" + std::to_string(number) + ".log";
}

std::string StateFolder::WorkerPrint(std::uint32_t number) const {
  return path_ + "/worker-" + std::to_string(number) + ".out";
}

std::string StateFolder::CoordinatorLog() const {
  return path_ + "/coordinator.log";
}

std::vector<std::string> StateFolder::OurEntries() const {
  std::vector<std::string> ours;
  std::error_code error;
  for (auto entry = fs::directory_iterator(path_, error);
       !error && entry != fs::directory_iterator(); entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (IsOurs(name)) {
      ours.push_back(name);
    }
  }
  return ours;
}

// The note goes after the work that it describes, so that what a crash leaves is still known as
// ours.
Status StateFolder::Remove() {
  std::vector<std::string> entries = OurEntries();
  std::stable_partition(entries.begin(), entries.end(), [](const std::string& name) {
    return name != kLockName && name != kJobName;
  });
  for (const std::string& name : entries) {
    std::error_code error;
    fs::remove_all(fs::path(path_) / name, error);
    if (error) {
      return Failure(SystemError(error.value(), "cannot remove " + path_ + "/" + name));
    }
  }
  if (made_) {
    ::rmdir(path_.c_str());  // Fails, as it should, while something of the user's is in it.
  }
  return {};
}

bool IsWorthKeeping(const v1::JobStatus& status, ErrorCode failure) {
  const bool is_rendered =
      status.frames_total() > 0 && status.frames_done() == status.frames_total();
  switch (failure) {
    case ErrorCode::kCancelled:
    case ErrorCode::kNoSpace:
    case ErrorCode::kPermissionDenied:
      return true;
    default:
      return is_rendered || IsRetryable(failure);
  }
}

}  // namespace weft::cli
