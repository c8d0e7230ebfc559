// What another process of this machine has used so far.

#pragma once

#include <cstdint>

#include <sys/types.h>

namespace weft::bench {

// User and system time of all its threads; 0 once it is gone.
double CpuSecondsOf(pid_t pid);

// Resident memory in bytes, at its highest; 0 once it is gone.
std::uint64_t PeakMemoryOf(pid_t pid);

}  // namespace weft::bench
