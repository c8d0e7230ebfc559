#include "coordinator/server/disk_gate.h"

#include <filesystem>
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

std::optional<std::string> DiskGate::Look() {
  std::error_code failure;
  const std::filesystem::space_info space = std::filesystem::space(folder_, failure);
  free_bytes_ = failure ? 0 : space.available;
  if (failure) {
    return folder_ + ": " + failure.message();
  }
  if (level_.IsLow(space.available)) {
    DropBallast();
    return "the coordinator's disk has " + std::to_string(space.available / kMebibyte) +
           " MiB left; jobs go on when it has more than " +
           std::to_string(limits_.low_bytes / kMebibyte);
  }
  LayBallast();
  return std::nullopt;
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
