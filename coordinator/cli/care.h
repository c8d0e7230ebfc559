// The commands of `weft` that look after a farm rather than ask it for a video.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "coordinator/cli/command_shape.h"
#include "coordinator/cli/exit_codes.h"

namespace weft::cli {

// Does what `arguments`, which are without the program's name, ask for, and says on standard output
// and standard error how it went. Nothing where they name none of these commands.
std::optional<ExitCode> Care(const std::vector<std::string>& arguments);

// The commands, a line each, for the help of the whole program.
std::string CareHelp();

// The same, for shells.
std::vector<CommandShape> CareShapes();

}  // namespace weft::cli
