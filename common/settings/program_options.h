// A program's options, from its command line and from the file that --config names: what stands on
// the command line wins.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

namespace weft {

// Adds --config and --print-config to `app`, parses the arguments, and tells people what is wrong
// or what they asked to know.
//
// app:       every option has a long name, and a default text where it has a default.
// arguments: without the program's name.
// Nothing: go on with what was set. Otherwise: end with this exit status; 0 after --help,
// --version and --print-config, `wrong_usage` after a mistake, which names the file's line and
// column where it is the file's.
std::optional<int> ReadOptions(CLI::App& app,
                               const std::vector<std::string>& arguments,
                               int wrong_usage);

}  // namespace weft
