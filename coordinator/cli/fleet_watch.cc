// watch, fetch.

#include <filesystem>
#include <iostream>
#include <memory>
#include <system_error>

#include "coordinator/cli/fleet_command.h"
#include "coordinator/cli/job_watch.h"
#include "coordinator/cli/terminal.h"
#include "coordinator/view/view_words.h"

namespace weft::cli {
namespace {

namespace fs = std::filesystem;

FleetCommand WatchCommand(CLI::App& app, FleetOptions& options) {
  CLI::App* const command =
      AddFleetCommand(app,
                      {"watch", "Stay with a job until it has ended; its end is the exit code",
                       "  weft watch neon && weft fetch neon -o results\n"},
                      options);
  const auto job = std::make_shared<std::string>();
  command->add_option("JOB", *job, "Its id, the beginning of it, or its name")
      ->type_name("")
      ->required();
  return {command, [job, &options](const FleetSession& session) -> Result<ExitCode> {
            WEFT_ASSIGN_OR_RETURN(const v1::JobSummary found, session.client.FindJob(*job));
            const auto reporter = MakeReporter(options.json);
            return WatchToEnd(found.job(), session, *reporter);
          }};
}

// Never half a file under its name.
Status Copy(const fs::path& from, const fs::path& to) {
  const fs::path unfinished = to.string() + ".part";
  std::error_code error;
  fs::copy_file(from, unfinished, fs::copy_options::overwrite_existing, error);
  if (!error) {
    fs::rename(unfinished, to, error);
  }
  if (error) {
    std::error_code ignored;
    fs::remove(unfinished, ignored);
    return Failure(ErrorCode::kPermissionDenied,
                   "cannot copy " + from.string() + " to " + to.string() + ": " + error.message());
  }
  return {};
}

Result<ExitCode> Fetch(const std::string& job, const fs::path& folder, FleetClient& client) {
  WEFT_ASSIGN_OR_RETURN(const v1::JobSummary found, client.FindJob(job));
  if (found.state() != v1::JOB_STATE_DONE) {
    return Failure(ErrorCode::kFailedPrecondition,
                   "job " + found.job() + " is " + coordinator::JobStateName(found.state()) +
                       ": there is nothing to fetch yet; weft watch " + found.job() +
                       " waits for it");
  }
  std::error_code error;
  if (!fs::is_regular_file(found.output_path(), error)) {
    return Failure(ErrorCode::kNotFound,
                   "its result, " + found.output_path() + ", cannot be seen from this machine");
  }
  fs::create_directories(folder, error);
  const fs::path to = folder / fs::path(found.output_path()).filename();
  WEFT_RETURN_IF_ERROR(Copy(found.output_path(), to));
  std::cout << to.string() << std::endl;
  return ExitCode::kDone;
}

FleetCommand FetchCommand(CLI::App& app, FleetOptions& options) {
  CLI::App* const command = AddFleetCommand(
      app, {"fetch", "Copy a finished job's result", "  weft fetch neon -o results\n"}, options);
  const auto job = std::make_shared<std::string>();
  const auto folder = std::make_shared<std::string>(".");
  command->add_option("JOB", *job, "Its id, the beginning of it, or its name")
      ->type_name("")
      ->required();
  command->add_option("-o,--output", *folder, "Folder [.]")->type_name("DIR");
  return {command, [job, folder](const FleetSession& session) {
            return Fetch(*job, *folder, session.client);
          }};
}

}  // namespace

FleetCommands AddWatchCommands(CLI::App& app, FleetOptions& options) {
  return {WatchCommand(app, options), FetchCommand(app, options)};
}

}  // namespace weft::cli
