// What can be typed behind `weft`, as data: for shells that complete it.

#pragma once

#include <string>
#include <vector>

#include <CLI/CLI.hpp>

namespace weft::cli {

struct OptionShape {
  std::vector<std::string> names;    // "--output", "-o".
  std::string help;                  // One line.
  std::string value;                 // What its value is called: "FILE". Empty: it takes none.
  std::vector<std::string> choices;  // All values there are; none: any.
};

struct CommandShape {
  std::string name;
  std::string help;
  std::vector<OptionShape> options;
  // What stands without a name, in order: "JOB", "FILE". The last one may be repeated.
  std::vector<std::string> arguments;
};

// The app's commands as they were declared, in order.
std::vector<CommandShape> ShapesOf(const CLI::App& app);

}  // namespace weft::cli
