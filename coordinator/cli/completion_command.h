// weft completion.

#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "coordinator/cli/command_shape.h"
#include "coordinator/cli/exit_codes.h"

namespace weft::cli {

// Prints the words of `weft` for a shell; nothing where the arguments ask for something else.
// arguments: without the program's name.  others: every other command.
std::optional<ExitCode> TellCompletion(const std::vector<std::string>& arguments,
                                       const std::function<std::vector<CommandShape>()>& others);

}  // namespace weft::cli
