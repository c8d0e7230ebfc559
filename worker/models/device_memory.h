// How much memory a device has.

#pragma once

#include <cstdint>
#include <string>

#include "common/result.h"

namespace weft::models {

// device: "cpu" or "cuda:N". Bytes of the whole device, used or not; of the CPU, the machine's, or
// less where the process's control group allows less.
// kUnsupported: there is no such device.
Result<std::uint64_t> DeviceMemory(const std::string& device);

// Of them, what is left by all processes; of the CPU, MachineMemoryFree().  Errors alike.
Result<std::uint64_t> DeviceMemoryFree(const std::string& device);

// Of them, what is in use, by all processes.  Errors alike; kUnsupported for "cpu", too.
Result<std::uint64_t> DeviceMemoryHeld(const std::string& device);

}  // namespace weft::models
