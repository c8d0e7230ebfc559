// What the commands that talk to a fleet have in common.

#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "common/result.h"
#include "coordinator/cli/exit_codes.h"
#include "coordinator/cli/fleet_client.h"
#include "coordinator/cli/fleet_place.h"
#include "coordinator/cli/stop_signals.h"

namespace weft::cli {

struct FleetOptions {
  FleetPlace place;
  bool json = false;
  bool yes = false;  // Does not ask whether that is meant.
};

// What a command works with.
struct FleetSession {
  FleetClient& client;
  const Clock& clock;
  StopSignals& signals;
  // To another address of the same coordinator.
  std::function<Result<std::unique_ptr<Connection>>(const std::string& address)> connect;
};

struct FleetCommand {
  CLI::App* app = nullptr;
  std::function<Result<ExitCode>(const FleetSession& session)> run;
  // What is to be done before a coordinator is asked; an exit code where that was all.
  std::function<Result<std::optional<ExitCode>>()> prepare = {};
};

using FleetCommands = std::vector<FleetCommand>;

struct CommandText {
  std::string name;
  std::string help;
  std::string example;  // Whole lines, two spaces in front.
};

// A command with the options that all of them have. options: outlives the app.
CLI::App* AddFleetCommand(CLI::App& app, const CommandText& text, FleetOptions& options);

// True where the user means it: --yes, or an answer that begins with y.
// kFailedPrecondition: nobody is there to be asked.
Result<bool> Confirm(const FleetOptions& options, const std::string& question);

// ---- each adds some commands. app, options: outlive what is returned.

// jobs, show, tasks, workers.
FleetCommands AddViewCommands(CLI::App& app, FleetOptions& options);
// pause, resume, cancel, retry, priority, drain, undrain.
FleetCommands AddOrderCommands(CLI::App& app, FleetOptions& options);
// logs, events.
FleetCommands AddLogCommands(CLI::App& app, FleetOptions& options);
// watch, fetch.
FleetCommands AddWatchCommands(CLI::App& app, FleetOptions& options);
// preview.
FleetCommands AddPreviewCommand(CLI::App& app, FleetOptions& options);
// fsck, backup. folder: where relative paths start.
FleetCommands AddStateCommands(CLI::App& app, FleetOptions& options, const std::string& folder);
// submit. folder: where relative paths start.
FleetCommands AddSubmitCommand(CLI::App& app, FleetOptions& options, const std::string& folder);

}  // namespace weft::cli
