#include "coordinator/cli/fleet_commands.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <memory>

#include <unistd.h>

#include "common/clock.h"
#include "common/transport/zmq_transport.h"
#include "coordinator/cli/fleet_command.h"
#include "coordinator/cli/mistyped.h"

namespace weft::cli {
namespace {

constexpr Duration kPatience = std::chrono::seconds(10);

std::optional<std::string> FromEnvironment(const std::string& name) {
  const char* const value =
      std::getenv(name.c_str());  // NOLINT(concurrency-mt-unsafe): one thread.
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

FleetCommands AddCommands(CLI::App& app, FleetOptions& options, const std::string& folder) {
  FleetCommands all = AddSubmitCommand(app, options, folder);
  for (const FleetCommands& some :
       {AddViewCommands(app, options), AddWatchCommands(app, options),
        AddPreviewCommand(app, options), AddLogCommands(app, options),
        AddOrderCommands(app, options), AddStateCommands(app, options, folder)}) {
    all.insert(all.end(), some.begin(), some.end());
  }
  return all;
}

Result<ExitCode> Run(const FleetCommand& command, const FleetOptions& options) {
  if (command.prepare) {
    WEFT_ASSIGN_OR_RETURN(const std::optional<ExitCode> all, command.prepare());
    if (all.has_value()) {
      return *all;
    }
  }
  WEFT_ASSIGN_OR_RETURN(StopSignals signals, StopSignals::Catch());
  WEFT_ASSIGN_OR_RETURN(const FleetPlace place, CompletePlace(options.place, FromEnvironment));
  WEFT_ASSIGN_OR_RETURN(const ZmqOptions zmq, OptionsWith(place.curve));
  WEFT_ASSIGN_OR_RETURN(const auto context, ZmqContext::Open(zmq));
  const SteadyClock clock;
  WEFT_ASSIGN_OR_RETURN(
      FleetClient client,
      FleetClient::Open([&] { return context->Connect(place.coordinator); }, clock, kPatience));
  Result<ExitCode> code = command.run({client, clock, signals, [&](const std::string& address) {
                                         return context->Connect(address);
                                       }});
  if (!code && code.error().code() == ErrorCode::kUnavailable) {
    return Failure(code.error().Within(place.coordinator));
  }
  return code;
}

ExitCode CodeOf(const Error& error) {
  return error.code() == ErrorCode::kUnavailable ? ExitCode::kUnreachable
                                                 : ExitCodeFor(error.code());
}

}  // namespace

CLI::App* AddFleetCommand(CLI::App& app, const CommandText& text, FleetOptions& options) {
  CLI::App* const command = app.add_subcommand(text.name, text.help);
  command
      ->add_option("--coordinator", options.place.coordinator,
                   "Where it listens [WEFT_COORDINATOR, or the client's file]")
      ->type_name("ADDRESS");
  command
      ->add_option("--keys", options.place.curve.keys,
                   "Your key file, made by weft keys [WEFT_KEYS, or the client's file]")
      ->type_name("FILE");
  command
      ->add_option("--server-key", options.place.curve.server,
                   "The coordinator's public key file [WEFT_SERVER_KEY, or the client's file]")
      ->type_name("FILE");
  command->add_flag("--plain-tcp", options.place.curve.plain_tcp,
                    "Allow TCP beyond this machine without keys");
  command->add_flag("--json", options.json, "JSON for programs, one object a line");
  command->footer("Example:\n" + text.example + "\n" + ExitCodeHelp());
  return command;
}

Result<bool> Confirm(const FleetOptions& options, const std::string& question) {
  if (options.yes) {
    return true;
  }
  if (::isatty(STDIN_FILENO) != 1) {
    return Failure(ErrorCode::kFailedPrecondition,
                   question + " Nobody is there to be asked: add --yes");
  }
  std::cerr << question << " [y/N] " << std::flush;
  std::string answer;
  std::getline(std::cin, answer);
  return !answer.empty() && (answer.front() == 'y' || answer.front() == 'Y');
}

std::optional<ExitCode> CommandFleet(const std::vector<std::string>& arguments,
                                     const std::string& folder) {
  CLI::App app("Commands to a fleet's coordinator.", "weft");
  FleetOptions options;
  const FleetCommands commands = AddCommands(app, options, folder);
  const auto command = std::find_if(commands.begin(), commands.end(), [&](const auto& known) {
    return !arguments.empty() && known.app->get_name() == arguments.front();
  });
  if (command == commands.end()) {
    return std::nullopt;
  }
  try {
    app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));  // As CLI11 wants.
  } catch (const CLI::ExtrasError&) {
    std::cerr << "weft: " << NoSuchArgument(*command->app) << std::endl;
    return ExitCode::kUsage;
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? ExitCode::kDone : ExitCode::kUsage;
  }
  const Result<ExitCode> code = Run(*command, options);
  if (!code) {
    std::cerr << "weft: " << code.error().message() << std::endl;
    return CodeOf(code.error());
  }
  return *code;
}

std::vector<CommandShape> FleetShapes() {
  CLI::App app("", "weft");
  FleetOptions options;
  AddCommands(app, options, "/");
  return ShapesOf(app);
}

std::string FleetHelp() {
  CLI::App app("", "weft");
  FleetOptions options;
  std::string text;
  for (const FleetCommand& command : AddCommands(app, options, "/")) {
    std::string name = "  weft " + command.app->get_name();
    name.resize(std::max<std::size_t>(name.size(), 18), ' ');
    text += name + " " + command.app->get_description() + "\n";
  }
  return text;
}

}  // namespace weft::cli
