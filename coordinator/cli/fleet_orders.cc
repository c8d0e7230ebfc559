// pause, resume, cancel, retry, drop, forget, priority, drain, undrain.

#include <iostream>
#include <memory>
#include <utility>

#include "coordinator/cli/fleet_command.h"
#include "coordinator/view/view_json.h"
#include "coordinator/view/view_words.h"

namespace weft::cli {
namespace {

constexpr const char* kJobHelp = "Its id, the beginning of it, or its name; several may be given";

// What is to become of a job.
struct JobOrder {
  CommandText text;
  std::string question;  // Of a dangerous one: "Cancel".
  std::function<void(const std::string& job, v1::ToCoordinator& order)> write;
  std::string outcome = {};  // What there is to say then, where it is not the job's state.
  bool forgets = false;      // The job has no state after it.
};

void TellState(const JobOrder& order, const v1::JobSummary& job, v1::JobState state, bool json) {
  if (json && order.forgets) {
    std::cout << coordinator::Dump({{"job", job.job()}, {"forgotten", true}}) << std::endl;
  } else if (json) {
    std::cout << coordinator::Dump(
                     {{"job", job.job()}, {"state", coordinator::JobStateName(state)}})
              << std::endl;
  } else {
    std::cout << job.job() << (job.name().empty() ? "" : " (" + job.name() + ")") << ": "
              << (order.outcome.empty() ? coordinator::JobStateName(state) : order.outcome)
              << std::endl;
  }
}

Result<ExitCode> Give(const JobOrder& order,
                      const std::vector<std::string>& jobs,
                      const FleetOptions& options,
                      FleetClient& client) {
  // All are found before anything is done to one.
  std::vector<v1::JobSummary> found;
  for (const std::string& job : jobs) {
    WEFT_ASSIGN_OR_RETURN(v1::JobSummary summary, client.FindJob(job));
    found.push_back(std::move(summary));
  }
  if (!order.question.empty()) {
    std::string names;
    for (const v1::JobSummary& job : found) {
      names += " " + job.job() + (job.name().empty() ? "" : " (" + job.name() + ")");
    }
    WEFT_ASSIGN_OR_RETURN(const bool meant, Confirm(options, order.question + names + "?"));
    if (!meant) {
      return ExitCode::kFailed;
    }
  }
  for (const v1::JobSummary& job : found) {
    v1::ToCoordinator message;
    order.write(job.job(), message);
    WEFT_ASSIGN_OR_RETURN(const v1::FromCoordinator answer,
                          client.Ask(message, order.forgets ? v1::FromCoordinator::kJobForgotten
                                                            : v1::FromCoordinator::kJobStatus));
    TellState(order, job, answer.job_status().state(), options.json);
  }
  return ExitCode::kDone;
}

FleetCommand JobCommand(CLI::App& app, FleetOptions& options, JobOrder order) {
  CLI::App* const command = AddFleetCommand(app, order.text, options);
  const auto jobs = std::make_shared<std::vector<std::string>>();
  command->add_option("JOB", *jobs, kJobHelp)->type_name("")->required();
  if (!order.question.empty()) {
    command->add_flag("--yes", options.yes, "Do not ask");
  }
  return {command, [jobs, order = std::move(order), &options](const FleetSession& session) {
            return Give(order, *jobs, options, session.client);
          }};
}

FleetCommand PriorityCommand(CLI::App& app, FleetOptions& options) {
  CLI::App* const command = AddFleetCommand(
      app,
      {"priority", "Put a job before or behind its user's others", "  weft priority neon 80\n"},
      options);
  const auto job = std::make_shared<std::string>();
  const auto priority = std::make_shared<std::uint32_t>(0);
  command->add_option("JOB", *job, "Its id, the beginning of it, or its name")
      ->type_name("")
      ->required();
  command->add_option("N", *priority, "0 to 100; a new job has 50")
      ->type_name("")
      ->required()
      ->check(CLI::Range(0, 100));
  return {command, [job, priority, &options](const FleetSession& session) {
            const JobOrder order{{}, "", [&](const std::string& id, v1::ToCoordinator& message) {
                                   message.mutable_prioritize_job()->set_job(id);
                                   message.mutable_prioritize_job()->set_priority(*priority);
                                 }};
            return Give(order, {*job}, options, session.client);
          }};
}

void TellDrained(const v1::WorkerDrained& worker, bool json) {
  if (json) {
    std::cout << coordinator::Dump({{"worker", worker.worker()},
                                    {"drained", worker.draining()},
                                    {"connected", !worker.is_away()}})
              << std::endl;
  } else if (worker.is_away()) {
    std::cout << worker.worker() << ": no worker of that name is connected; it will be given "
              << (worker.draining() ? "nothing" : "tasks")
              << " when it is (weft workers lists those "
              << "that are)" << std::endl;
  } else {
    std::cout << worker.worker()
              << (worker.draining() ? ": finishes what it runs and is given nothing more"
                                    : ": is given tasks again")
              << std::endl;
  }
}

FleetCommand DrainCommand(CLI::App& app,
                          FleetOptions& options,
                          const CommandText& text,
                          bool undo) {
  CLI::App* const command = AddFleetCommand(app, text, options);
  const auto workers = std::make_shared<std::vector<std::string>>();
  command->add_option("WORKER", *workers, "Its name; several may be given")
      ->type_name("")
      ->required();
  return {command, [workers, undo, &options](const FleetSession& session) -> Result<ExitCode> {
            for (const std::string& worker : *workers) {
              v1::ToCoordinator order;
              order.mutable_drain_worker()->set_worker(worker);
              order.mutable_drain_worker()->set_undo(undo);
              WEFT_ASSIGN_OR_RETURN(const v1::FromCoordinator answer,
                                    session.client.Ask(order, v1::FromCoordinator::kWorkerDrained));
              TellDrained(answer.worker_drained(), options.json);
            }
            return ExitCode::kDone;
          }};
}

}  // namespace

FleetCommands AddOrderCommands(CLI::App& app, FleetOptions& options) {
  return {
      JobCommand(app, options,
                 {{"pause", "Start no further task of a job; what runs is finished",
                   "  weft pause neon\n"},
                  "",
                  [](const std::string& job, v1::ToCoordinator& order) {
                    order.mutable_pause_job()->set_job(job);
                  }}),
      JobCommand(app, options,
                 {{"resume", "Go on with a paused job", "  weft resume neon\n"},
                  "",
                  [](const std::string& job, v1::ToCoordinator& order) {
                    order.mutable_resume_job()->set_job(job);
                  }}),
      JobCommand(
          app, options,
          {{"cancel", "Stop a job; weft retry would go on with it", "  weft cancel neon --yes\n"},
           "Cancel",
           [](const std::string& job, v1::ToCoordinator& order) {
             order.mutable_cancel_job()->set_job(job);
           }}),
      JobCommand(app, options,
                 {{"retry", "Go on with a failed or cancelled job from what is done",
                   "  weft retry neon\n"},
                  "",
                  [](const std::string& job, v1::ToCoordinator& order) {
                    order.mutable_retry_job()->set_job(job);
                  }}),
      JobCommand(
          app, options,
          {{"drop", "Drop a job's result, which the coordinator keeps, before its time is over",
            "  weft drop neon --yes\n"},
           "Drop the result of",
           [](const std::string& job, v1::ToCoordinator& order) {
             order.mutable_drop_result()->set_job(job);
           },
           "its result is dropped"}),
      JobCommand(app, options,
                 {{"forget",
                   "Give back all the space of a job that has ended: its result, and what a retry "
                   "would start from",
                   "  weft forget neon --yes\n"},
                  "Forget",
                  [](const std::string& job, v1::ToCoordinator& order) {
                    order.mutable_forget_job()->set_job(job);
                  },
                  "forgotten",
                  true}),
      PriorityCommand(app, options),
      DrainCommand(app, options,
                   {"drain", "Let a worker finish and give it nothing more, also after restarts",
                    "  weft drain gpu17.0\n"},
                   false),
      DrainCommand(app, options,
                   {"undrain", "Give a drained worker tasks again", "  weft undrain gpu17.0\n"},
                   true)};
}

}  // namespace weft::cli
