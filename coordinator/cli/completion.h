// How shells complete what is typed behind `weft`.

#pragma once

#include <string>
#include <vector>

#include "coordinator/cli/command_shape.h"

namespace weft::cli {

// Scripts for the shell to read: commands, options and their values. Arguments and values called
// JOB and WORKER are asked of the coordinator, for two seconds at most; those called FILE, DIR and
// the like are completed as paths.
//
// Sources: bash(1), "Programmable Completion"; zshcompsys(1), _arguments.
std::string BashCompletion(const std::vector<CommandShape>& commands);
std::string ZshCompletion(const std::vector<CommandShape>& commands);

}  // namespace weft::cli
