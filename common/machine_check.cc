#include "common/machine_check.h"

#include <cstdio>
#include <ctime>
#include <filesystem>
#include <system_error>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/timex.h>
#include <unistd.h>

#include "common/writable_folder.h"

namespace weft {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMebibyte = 1 << 20;
constexpr std::time_t kThisWasWritten = 1'735'689'600;   // 2025-01-01.
constexpr auto kClocksDiffer = std::chrono::minutes(5);  // Of machines that share a disk.

std::string Day(WallTime time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm utc{};
  char text[sizeof("2025-01-01 00:00:00")];
  ::gmtime_r(&seconds, &utc);
  return std::strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &utc) > 0 ? text : "?";
}

Finding Fatal(const std::string& text) {
  return {true, text};
}

Finding Warning(const std::string& text) {
  return {false, text};
}

std::string Reason() {
  return std::generic_category().message(errno);
}

}  // namespace

std::optional<Finding> CheckDescriptors(std::uint64_t wanted, const std::string& what_for) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) {
    return std::nullopt;
  }
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  ::getrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur >= wanted) {
    return std::nullopt;
  }
  return Warning("only " + std::to_string(limit.rlim_cur) + " files and sockets may be open, " +
                 what_for + "; allow " + std::to_string(wanted) +
                 " (LimitNOFILE= of the systemd unit, or ulimit -Hn)");
}

std::optional<Finding> CheckFolder(const std::string& folder) {
  if (const Status made = MakeWritableFolder(folder); !made) {
    return Fatal(made.error().message());
  }
  const std::string path = folder + "/write-check";
  const int file = ::open(path.c_str(), O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) {
    return Fatal(folder + ": no file can be made in it: " + Reason());
  }
  const bool is_written = ::write(file, "weft\n", 5) == 5 && ::fsync(file) == 0;
  const std::string reason = Reason();
  ::close(file);
  ::unlink(path.c_str());
  return is_written ? std::nullopt
                    : std::optional(Fatal(folder + ": it cannot be written: " + reason));
}

std::optional<Finding> CheckFreeDisk(const std::string& folder,
                                     std::uint64_t wanted_bytes,
                                     const std::string& what_for) {
  std::error_code failure;
  const fs::space_info space = fs::space(folder, failure);
  if (failure || space.available >= wanted_bytes) {
    return std::nullopt;
  }
  return Warning("the disk of " + what_for + " (" + folder + ") has " +
                 std::to_string(space.available / kMebibyte) + " MiB left; less than " +
                 std::to_string(wanted_bytes / kMebibyte) + " is soon too little");
}

std::optional<Finding> CheckUnlocked(const std::string& file, const std::string& what) {
  const int opened = ::open(file.c_str(), O_RDWR | O_CLOEXEC);
  if (opened < 0) {
    return std::nullopt;  // Nobody has made it yet, or who opens it next says why they cannot.
  }
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  const bool is_held = ::fcntl(opened, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
  ::close(opened);
  return is_held ? std::optional(Fatal(what + " runs already on " +
                                       fs::path(file).parent_path().string() + ": process " +
                                       std::to_string(lock.l_pid)))
                 : std::nullopt;
}

std::optional<Finding> CheckClock(WallTime now, std::optional<WallTime> latest) {
  if (std::chrono::system_clock::to_time_t(now) < kThisWasWritten) {
    return Warning("the clock says " + Day(now) + ", which cannot be: set it (timedatectl)");
  }
  if (latest.has_value() && now + kClocksDiffer < *latest) {
    return Warning("the clock says " + Day(now) + ", but something was written at " + Day(*latest) +
                   ": the clock is slow, or was fast (timedatectl)");
  }
  return std::nullopt;
}

std::optional<Finding> CheckClockIsKept() {
  timex asked{};
  if (::adjtimex(&asked) != TIME_ERROR) {
    return std::nullopt;
  }
  return Warning(
      "nothing keeps the clock right; logs of several machines are in order only as far as their "
      "clocks agree (systemd-timesyncd or chrony)");
}

std::optional<WallTime> LatestWrite(const std::string& folder) {
  std::optional<fs::file_time_type> latest;
  std::error_code error;
  for (auto entry = fs::recursive_directory_iterator(folder, error);
       !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    std::error_code gone;
    const fs::file_time_type written = entry->last_write_time(gone);
    if (!gone && entry->is_regular_file(gone) && (!latest.has_value() || written > *latest)) {
      latest = written;
    }
  }
  if (!latest.has_value()) {
    return std::nullopt;
  }
  const auto age = fs::file_time_type::clock::now() - *latest;
  return std::chrono::system_clock::now() -
         std::chrono::duration_cast<std::chrono::system_clock::duration>(age);
}

}  // namespace weft
