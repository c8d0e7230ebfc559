// What a program looks at before it starts to serve, so that an operator reads what is wrong with
// the machine in plain words, and not what came of it hours later.

#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/result.h"

namespace weft {

struct Finding {
  bool is_fatal = false;  // The program cannot serve like this; else it is worth a warning.
  std::string text;       // What is wrong, and what puts it right.
};

using Findings = std::vector<Finding>;

// This process may open more files and sockets than `wanted`, after its limit was raised as far as
// it may. what_for: "one for each worker".
std::optional<Finding> CheckDescriptors(std::uint64_t wanted, const std::string& what_for);

// Files can be made in the folder (which is made where it is not there), written down for good, and
// deleted again.
std::optional<Finding> CheckFolder(const std::string& folder);

// The folder's disk has so much left. what_for: "the state folder".
std::optional<Finding> CheckFreeDisk(const std::string& folder,
                                     std::uint64_t wanted_bytes,
                                     const std::string& what_for);

// No other process holds a lock on the file. what: "a coordinator".
std::optional<Finding> CheckUnlocked(const std::string& file, const std::string& what);

using WallTime = std::chrono::system_clock::time_point;

// The clock is neither before this program was written nor before `latest`, when something was last
// written that is read now.
std::optional<Finding> CheckClock(WallTime now, std::optional<WallTime> latest);

// Whether the kernel says that something keeps its clock right.
std::optional<Finding> CheckClockIsKept();

// When the folder's files, and those below it, were last written; nothing where there are none.
std::optional<WallTime> LatestWrite(const std::string& folder);

}  // namespace weft
