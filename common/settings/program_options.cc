#include "common/settings/program_options.h"

#include <algorithm>
#include <iostream>
#include <utility>

#include "common/result.h"
#include "common/settings/settings_file.h"

namespace weft {
namespace {

constexpr const char* kConfig = "--config";
constexpr const char* kPrintConfig = "--print-config";

// The file that --config names.
std::string ConfigFile(const std::vector<std::string>& arguments) {
  const std::string with_value = std::string(kConfig) + "=";
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i] == kConfig && i + 1 < arguments.size()) {
      return arguments[i + 1];
    }
    if (arguments[i].compare(0, with_value.size(), with_value) == 0) {
      return arguments[i].substr(with_value.size());
    }
  }
  return "";
}

bool IsAmong(const std::vector<std::string>& arguments, const std::string& flag) {
  return std::any_of(arguments.begin(), arguments.end(), [&](const std::string& argument) {
    return argument == flag || argument.compare(0, flag.size() + 1, flag + "=") == 0;
  });
}

std::string NameOf(const CLI::Option& option) {
  return option.get_lnames().empty() ? "" : option.get_lnames().front();
}

// Options that say what to do now have no place in a file.
bool BelongsInFile(const CLI::App& app, const CLI::Option& option) {
  const std::string name = "--" + NameOf(option);
  return &option != app.get_help_ptr() && &option != app.get_version_ptr() && name != kConfig &&
         name != kPrintConfig && name != "--";
}

std::string Names(const CLI::App& app) {
  std::string names;
  for (const CLI::Option* const option : app.get_options()) {
    if (BelongsInFile(app, *option)) {
      names += (names.empty() ? "" : ", ") + NameOf(*option);
    }
  }
  return names;
}

tl::unexpected<Error> Wrong(const std::string& text) {
  return Failure(ErrorCode::kInvalidArgument, text);
}

// The setting as the command line would have it.
Result<std::vector<std::string>> ArgumentsOf(const Setting& setting, const CLI::App& app) {
  const CLI::Option* const option = app.get_option_no_throw("--" + setting.name);
  if (option == nullptr || !BelongsInFile(app, *option)) {
    return Wrong(setting.place + ": there is no option \"" + setting.name + "\"; options are " +
                 Names(app));
  }
  const bool is_flag = option->get_items_expected_max() == 0;
  if (is_flag) {
    const std::string& value = setting.values.front();
    if (setting.values.size() != 1 || (value != "true" && value != "false")) {
      return Wrong(setting.place + ": " + setting.name + " must be true or false");
    }
    return value == "true" ? std::vector<std::string>{"--" + setting.name}
                           : std::vector<std::string>{};
  }
  std::vector<std::string> arguments;
  for (const std::string& value : setting.values) {
    arguments.push_back("--" + setting.name + "=" + value);
  }
  return arguments;
}

void Parse(CLI::App& app, std::vector<std::string> arguments) {
  std::reverse(arguments.begin(), arguments.end());  // As CLI11 wants it.
  app.parse(std::move(arguments));
}

// Values are looked at one by one, so that a message can say where the wrong one stands.
Status Check(CLI::App& app, const Setting& setting, const std::vector<std::string>& arguments) {
  try {
    Parse(app, arguments);
  } catch (const CLI::RequiredError&) {
    return {};  // The others are yet to come.
  } catch (const CLI::ParseError& error) {
    return Wrong(setting.place + ": " + error.what());
  }
  return {};
}

Result<std::vector<std::string>> FromFile(CLI::App& app,
                                          const std::vector<std::string>& arguments) {
  const std::string file = ConfigFile(arguments);
  if (file.empty()) {
    return std::vector<std::string>{};
  }
  WEFT_ASSIGN_OR_RETURN(const std::vector<Setting> settings, ReadSettings(file));
  std::vector<std::string> all;
  for (const Setting& setting : settings) {
    WEFT_ASSIGN_OR_RETURN(const std::vector<std::string> own, ArgumentsOf(setting, app));
    WEFT_RETURN_IF_ERROR(Check(app, setting, own));
    if (!IsAmong(arguments, "--" + setting.name)) {
      all.insert(all.end(), own.begin(), own.end());
    }
  }
  return all;
}

std::string Quoted(const std::string& value) {
  const bool is_plain = !value.empty() &&
                        value.find_first_of(":#{}[]&*!|>'\"%@`,\n\\ ") == std::string::npos &&
                        value.front() != '-' && value.front() != '?';
  if (is_plain) {
    return value;
  }
  std::string quoted = "'";
  for (const char letter : value) {
    quoted += letter == '\'' ? "''" : std::string(1, letter);
  }
  return quoted + "'";
}

// In a comment where nothing is set, and nothing is the default.
std::string PrintOne(const CLI::Option& option) {
  std::vector<std::string> values = option.results();
  if (values.empty() && !option.get_default_str().empty()) {
    values.push_back(option.get_default_str());
  }
  const std::string name = NameOf(option);
  if (values.empty()) {
    return option.get_items_expected_max() == 0 ? name + ": false" : "# " + name + ":";
  }
  if (values.size() == 1) {
    return name + ": " + Quoted(values.front());
  }
  std::string list;
  for (const std::string& value : values) {
    list.append(list.empty() ? "" : ", ").append(Quoted(value));
  }
  return name + ": [" + list + "]";
}

std::string Print(const CLI::App& app) {
  std::string text;
  for (const CLI::Option* const option : app.get_options()) {
    if (BelongsInFile(app, *option)) {
      text += "# " + option->get_description() + "\n" + PrintOne(*option) + "\n";
    }
  }
  return text;
}

}  // namespace

std::optional<int> ReadOptions(CLI::App& app,
                               const std::vector<std::string>& arguments,
                               int wrong_usage) {
  app.add_option(kConfig, "YAML file with any of these options, by name; the command line wins")
      ->type_name("FILE");
  const CLI::Option* const print =
      app.add_flag(kPrintConfig, "Print all options as such a file, and end");
  Result<std::vector<std::string>> all = FromFile(app, arguments);
  if (!all) {
    std::cerr << app.get_name() << ": " << all.error().message() << "\n";
    return wrong_usage;
  }
  all->insert(all->end(), arguments.begin(), arguments.end());
  try {
    Parse(app, *std::move(all));
  } catch (const CLI::RequiredError& error) {
    if (print->count() == 0) {
      return app.exit(error) == 0 ? 0 : wrong_usage;
    }
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : wrong_usage;
  }
  if (print->count() > 0) {
    std::cout << Print(app) << std::flush;
    return 0;
  }
  return std::nullopt;
}

}  // namespace weft
