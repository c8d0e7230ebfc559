#include "coordinator/server/disk_gate.h"

#include <algorithm>
#include <filesystem>
#include <limits>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

namespace weft::coordinator {
namespace {

constexpr std::uint64_t kMebibyte = 1 << 20;

}  // namespace

bool DiskLevel::IsLow(std::uint64_t free_bytes) {
  const std::uint64_t enough = limits_.low_bytes + limits_.low_bytes / 4 + limits_.ballast_bytes;
  low_ = free_bytes < (low_ ? enough : limits_.low_bytes);
  return low_;
}

DiskGate::DiskGate(std::string folder,
                   const DiskLimits& limits,
                   const std::vector<std::string>& others)
    : folder_(std::move(folder)), limits_(limits), watched_{{folder_, DiskLevel(limits)}} {
  for (const std::string& other : others) {
    watched_.push_back({other, DiskLevel({.low_bytes = limits.low_bytes, .ballast_bytes = 0})});
  }
}

std::optional<std::string> DiskGate::Look(Watched& watched) {
  std::error_code failure;
  const std::filesystem::space_info space = std::filesystem::space(watched.folder, failure);
  const std::uint64_t free_bytes = failure ? 0 : space.available;
  free_bytes_ = std::min(free_bytes_, free_bytes);
  if (failure) {
    return watched.folder + ": " + failure.message();
  }
  if (!watched.level.IsLow(free_bytes)) {
    return std::nullopt;
  }
  return "the coordinator's disk has " + std::to_string(free_bytes / kMebibyte) + " MiB left for " +
         watched.folder + "; jobs go on when it has more than " +
         std::to_string(limits_.low_bytes / kMebibyte);
}

std::optional<std::string> DiskGate::Look() {
  free_bytes_ = std::numeric_limits<std::uint64_t>::max();
  std::optional<std::string> why;
  for (Watched& watched : watched_) {
    const std::optional<std::string> low = Look(watched);
    const bool has_ballast = watched.folder == folder_;
    if (has_ballast && low.has_value()) {
      DropBallast();
    } else if (has_ballast) {
      LayBallast();
    }
    why = why.has_value() ? why : low;
  }
  return why;
}

void DiskGate::LayBallast() const {
  std::error_code failure;
  if (limits_.ballast_bytes == 0 ||
      std::filesystem::file_size(BallastPath(), failure) == limits_.ballast_bytes) {
    return;
  }
  const int file = ::open(BallastPath().c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
  if (file < 0) {
    return;  // Work goes on without.
  }
  const int laid = ::posix_fallocate(file, 0, static_cast<off_t>(limits_.ballast_bytes));
  ::close(file);
  if (laid != 0) {
    DropBallast();
  }
}

void DiskGate::DropBallast() const {
  std::error_code ignored;
  std::filesystem::remove(BallastPath(), ignored);
}

}  // namespace weft::coordinator
