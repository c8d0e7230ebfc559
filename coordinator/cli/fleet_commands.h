// The commands that talk to a running coordinator.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "coordinator/cli/command_shape.h"
#include "coordinator/cli/exit_codes.h"

namespace weft::cli {

// Does what the arguments ask of a fleet, and tells of it; nothing where they are another
// command's. arguments: without the program's name.  folder: where relative paths start.
std::optional<ExitCode> CommandFleet(const std::vector<std::string>& arguments,
                                     const std::string& folder);

// A line for each, for the help.
std::string FleetHelp();

// The same, for shells.
std::vector<CommandShape> FleetShapes();

}  // namespace weft::cli
