#include "common/machine_memory.h"

#include <algorithm>
#include <fstream>
#include <limits>
#include <string>

#include <unistd.h>

namespace weft {
namespace {

constexpr std::uint64_t kUnlimited = std::numeric_limits<std::uint64_t>::max();

// Of the control group; kUnlimited where there is none, or no number ("max").
std::uint64_t GroupBytes(const char* file_name) {
  std::ifstream file(std::string("/sys/fs/cgroup/") + file_name);
  std::uint64_t bytes = 0;
  return file >> bytes ? bytes : kUnlimited;
}

std::uint64_t AvailableBytes() {
  constexpr std::uint64_t kKibi = 1024;
  std::ifstream file("/proc/meminfo");
  std::string name;
  std::uint64_t kilobytes = 0;
  for (std::string rest; file >> name >> kilobytes; std::getline(file, rest)) {
    if (name == "MemAvailable:") {
      return kilobytes * kKibi;
    }
  }
  return 0;
}

}  // namespace

std::uint64_t MachineMemory() {
  const std::uint64_t pages = static_cast<std::uint64_t>(sysconf(_SC_PHYS_PAGES));
  return std::min(pages * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE)),
                  GroupBytes("memory.max"));
}

std::uint64_t MachineMemoryFree() {
  const std::uint64_t limit = GroupBytes("memory.max");
  if (limit == kUnlimited) {
    return AvailableBytes();
  }
  const std::uint64_t used = GroupBytes("memory.current");
  return std::min(AvailableBytes(), used < limit ? limit - used : 0);
}

}  // namespace weft
