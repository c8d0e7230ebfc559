// fsck, backup.

#include <iostream>
#include <memory>
#include <random>
#include <utility>

#include <unistd.h>

#include "common/wire/error_wire.h"
#include "coordinator/cli/fleet_command.h"
#include "coordinator/cli/job_fields.h"
#include "coordinator/cli/stored_state.h"

namespace weft::cli {
namespace {

constexpr Duration kPause{200};

struct StateWanted {
  std::string state;  // Folder; empty: that of a running coordinator.
  std::string copy;
  bool repair = false;
};

std::string RandomToken() {
  std::random_device random;
  return "care-" + std::to_string(random()) + "-" + std::to_string(random());
}

void SayProgress(const v1::CareStatus& status) {
  if (::isatty(STDERR_FILENO) == 1 && status.blobs_named() > 0) {
    std::cerr << "\r" << status.blobs_read() << " of " << status.blobs_named() << " blobs"
              << (status.ended() ? "\n" : "") << std::flush;
  }
}

// What the coordinator has come to; it goes on where nobody waits for it. Nothing: a signal came.
Result<std::optional<v1::CareStatus>> Await(v1::CareForState wish, const FleetSession& session) {
  v1::ToCoordinator question;
  *question.mutable_care_for_state() = std::move(wish);
  question.mutable_care_for_state()->set_token(RandomToken());
  while (!session.signals.Caught()) {
    WEFT_ASSIGN_OR_RETURN(const v1::FromCoordinator answer,
                          session.client.Ask(question, v1::FromCoordinator::kCareStatus));
    const v1::CareStatus& status = answer.care_status();
    SayProgress(status);
    if (status.has_error()) {
      return Failure(FromWire(status.error()));
    }
    if (status.ended()) {
      return status;
    }
    WEFT_RETURN_IF_ERROR(session.client.Hear(kPause));
  }
  std::cerr << "weft: stopped waiting; the coordinator goes on with it" << std::endl;
  return std::optional<v1::CareStatus>();
}

Status RequireOnePlace(const StateWanted& wanted, const FleetOptions& options) {
  if (!wanted.state.empty() && !options.place.coordinator.empty()) {
    return Failure(ErrorCode::kInvalidArgument,
                   "a state folder or --coordinator: one of them says what is meant");
  }
  return {};
}

FleetCommand FsckCommand(CLI::App& app, FleetOptions& options) {
  CLI::App* const command = AddFleetCommand(
      app,
      {"fsck", "Check what a coordinator has stored: records, blobs, checksums",
       "  weft fsck --coordinator tcp://farm:7733        # of one that runs\n"
       "  weft fsck /var/lib/weft --repair               # of one that does not, on its machine\n\n"
       "Status 0 also says that all was put right, 1 that something is wrong."},
      options);
  const auto wanted = std::make_shared<StateWanted>();
  command->add_option("STATE", wanted->state, "State folder of a coordinator that does not run")
      ->type_name("");
  command->add_flag("--repair", wanted->repair, "Run again the tasks whose outputs are damaged");
  return {command,
          [wanted, &options](const FleetSession& session) -> Result<ExitCode> {
            v1::CareForState wish;
            wish.mutable_check()->set_repair(wanted->repair);
            WEFT_ASSIGN_OR_RETURN(const auto status, Await(std::move(wish), session));
            return status.has_value() ? TellCheck(*status, wanted->repair, options.json)
                                      : ExitCode::kInterrupted;
          },
          [wanted, &options]() -> Result<std::optional<ExitCode>> {
            WEFT_RETURN_IF_ERROR(RequireOnePlace(*wanted, options));
            if (wanted->state.empty()) {
              return std::optional<ExitCode>();
            }
            WEFT_ASSIGN_OR_RETURN(const v1::CareStatus status,
                                  CheckFolder(wanted->state, wanted->repair));
            return std::optional(TellCheck(status, wanted->repair, options.json));
          }};
}

FleetCommand BackupCommand(CLI::App& app, FleetOptions& options, const std::string& folder) {
  CLI::App* const command = AddFleetCommand(
      app,
      {"backup", "Copy a coordinator's state while it runs; start another on it to restore it",
       "  weft backup /backup/monday        # of the coordinator, on its machine\n"
       "  weft backup /var/lib/weft /backup/monday        # of a state folder on this one\n"},
      options);
  const auto wanted = std::make_shared<StateWanted>();
  command->add_option("STATE", wanted->state, "State folder on this machine; may be left out")
      ->type_name("")
      ->required();
  command->add_option("COPY", wanted->copy, "A folder that is new or empty")->type_name("");
  return {
      command,
      [wanted, folder, &options](const FleetSession& session) -> Result<ExitCode> {
        v1::CareForState wish;
        const std::string copy = AbsolutePath(wanted->copy, folder);
        wish.mutable_copy()->set_folder(copy);
        WEFT_ASSIGN_OR_RETURN(const auto status, Await(std::move(wish), session));
        return status.has_value() ? TellCopy(*status, copy, options.json) : ExitCode::kInterrupted;
      },
      [wanted, &options]() -> Result<std::optional<ExitCode>> {
        if (wanted->copy.empty()) {  // The only folder is the copy's.
          wanted->copy = std::exchange(wanted->state, "");
          return std::optional<ExitCode>();
        }
        WEFT_RETURN_IF_ERROR(RequireOnePlace(*wanted, options));
        WEFT_ASSIGN_OR_RETURN(const v1::CareStatus status, CopyFolder(wanted->state, wanted->copy));
        return std::optional(TellCopy(status, wanted->copy, options.json));
      }};
}

}  // namespace

FleetCommands AddStateCommands(CLI::App& app, FleetOptions& options, const std::string& folder) {
  return {FsckCommand(app, options), BackupCommand(app, options, folder)};
}

}  // namespace weft::cli
