#include "common/machine_memory.h"

#include <algorithm>
#include <fstream>
#include <limits>

#include <unistd.h>

namespace weft {
namespace {

// The largest number where the group grants everything ("max"), or is none.
std::uint64_t GroupLimit() {
  std::ifstream file("/sys/fs/cgroup/memory.max");
  std::uint64_t bytes = 0;
  return file >> bytes ? bytes : std::numeric_limits<std::uint64_t>::max();
}

}  // namespace

std::uint64_t MachineMemory() {
  const std::uint64_t pages = static_cast<std::uint64_t>(sysconf(_SC_PHYS_PAGES));
  return std::min(pages * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE)), GroupLimit());
}

}  // namespace weft
