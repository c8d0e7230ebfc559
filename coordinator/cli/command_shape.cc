#include "coordinator/cli/command_shape.h"

#include <algorithm>
#include <cstddef>

namespace weft::cli {
namespace {

// "STATE:{done,failed}" is the name STATE, and what its check allows.
void SetValue(const std::string& type, OptionShape& shape) {
  shape.value = type.substr(0, type.find_first_of(":{"));
  const std::size_t begin = type.find('{');
  const std::size_t end = type.find('}', begin == std::string::npos ? 0 : begin);
  if (begin == std::string::npos || end == std::string::npos) {
    return;
  }
  std::size_t from = begin + 1;
  while (from < end) {
    const std::size_t comma = std::min(type.find(',', from), end);
    shape.choices.push_back(type.substr(from, comma - from));
    from = comma + 1;
  }
}

OptionShape ShapeOf(const CLI::Option& option) {
  OptionShape shape;
  for (const std::string& name : option.get_lnames()) {
    shape.names.push_back("--" + name);
  }
  for (const std::string& name : option.get_snames()) {
    shape.names.push_back("-" + name);
  }
  shape.help = option.get_description();
  if (option.get_items_expected_max() > 0) {
    SetValue(option.get_type_name(), shape);
    shape.value = shape.value.empty() ? "VALUE" : shape.value;
  }
  return shape;
}

CommandShape ShapeOf(const CLI::App& command) {
  CommandShape shape{command.get_name(), command.get_description(), {}, {}};
  for (const CLI::Option* const option : command.get_options()) {
    if (option->nonpositional()) {
      shape.options.push_back(ShapeOf(*option));
    } else {
      shape.arguments.push_back(option->get_name(/*positional=*/true));
    }
  }
  return shape;
}

}  // namespace

std::vector<CommandShape> ShapesOf(const CLI::App& app) {
  std::vector<CommandShape> shapes;
  for (const CLI::App* const command : app.get_subcommands({})) {
    shapes.push_back(ShapeOf(*command));
  }
  return shapes;
}

}  // namespace weft::cli
