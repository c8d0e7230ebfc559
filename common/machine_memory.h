// How much memory this process may use.

#pragma once

#include <cstdint>

namespace weft {

// Bytes: the machine's memory, or less where the process's control group (cgroup v2) grants less.
// Any thread.
std::uint64_t MachineMemory();

// Of these, what processes may still take without others having to give back theirs.
std::uint64_t MachineMemoryFree();

}  // namespace weft
