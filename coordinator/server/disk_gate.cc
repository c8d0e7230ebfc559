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

Status DiskGate::Measure() {
  free_bytes_ = std::numeric_limits<std::uint64_t>::max();
  std::vector<std::string> folders = others_;
  folders.push_back(folder_);
  for (const std::string& folder : folders) {
    std::error_code failure;
    const std::filesystem::space_info space = std::filesystem::space(folder, failure);
    if (failure) {
      free_bytes_ = 0;
      return Failure(ErrorCode::kUnavailable, folder + ": " + failure.message());
    }
    free_bytes_ = std::min<std::uint64_t>(free_bytes_, space.available);
  }
  return {};
}

std::optional<std::string> DiskGate::Look() {
  if (const Status measured = Measure(); !measured) {
    return measured.error().message();
  }
  if (level_.IsLow(free_bytes_)) {
    DropBallast();
    return "the coordinator's disk has " + std::to_string(free_bytes_ / kMebibyte) +
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
