// jobs, show, tasks, workers.

#include <algorithm>
#include <cstdio>
#include <iostream>
#include <memory>

#include "common/ids.h"
#include "common/log/log.h"
#include "coordinator/cli/fleet_command.h"
#include "coordinator/cli/progress.h"
#include "coordinator/cli/text_table.h"
#include "coordinator/view/view_json.h"
#include "coordinator/view/view_words.h"

namespace weft::cli {
namespace {

using coordinator::Dump;
using Rows = std::vector<std::vector<std::string>>;

constexpr std::uint32_t kJobsPage = 500;
constexpr std::uint32_t kRowsPage = 1000;

// Numbers and dashes stand right, words left: a table's cell for nothing.
std::string OrDash(const std::string& text) {
  return text.empty() ? "-" : text;
}

std::string PercentOf(double fraction) {
  return std::to_string(static_cast<int>(fraction * 100)) + "%";
}

std::string Seconds(std::uint64_t unix_ms) {
  std::string stamp = TimeStamp(unix_ms);
  return unix_ms == 0 ? "-" : stamp.replace(stamp.size() - 5, 4, "");  // Without milliseconds.
}

std::vector<std::string> RowOf(const v1::JobSummary& job) {
  return {job.job(),
          OrDash(job.name()),
          OrDash(job.user()),
          coordinator::JobStateName(job.state()),
          PercentOf(job.fraction()),
          std::to_string(job.frames_done()) + "/" +
              (job.frames_total() == 0 ? "?" : std::to_string(job.frames_total())),
          job.has_eta_seconds() ? FormatSeconds(job.eta_seconds()) : "-",
          std::to_string(job.priority()),
          Seconds(job.submitted_unix_ms())};
}

std::vector<std::string> RowOf(const v1::TaskSummary& task) {
  const bool waits = task.state() == v1::TASK_STATE_WAITING;
  return {coordinator::TaskName(task.task()) + (task.checks_seam() ? " (check)" : ""),
          OrDash(coordinator::FramesOf(task)),
          waits && task.ready() ? "ready" : coordinator::TaskStateName(task.state()),
          PercentOf(task.fraction()),
          std::to_string(task.attempt()),
          std::to_string(task.failures()),
          OrDash(task.worker())};
}

std::vector<std::string> RowOf(const v1::WorkerSummary& worker) {
  std::string tags;
  for (const std::string& tag : worker.tags()) {
    tags += (tags.empty() ? "" : ",") + tag;
  }
  const std::uint64_t mebibytes = worker.device_memory_bytes() >> 20U;
  return {worker.worker(),
          coordinator::WorkerStateName(worker),
          OrDash(worker.device()),
          mebibytes == 0 ? "-" : std::to_string(mebibytes),
          worker.has_task() ? worker.task().job() : "-",
          worker.has_task() ? coordinator::TaskName(worker.task()) : "-",
          worker.has_task() ? PercentOf(worker.fraction()) : "-",
          OrDash(tags)};
}

struct JobsWanted {
  std::string match;
  std::string user;
  std::vector<std::string> states;
  std::uint32_t limit = 50;
};

Result<ExitCode> ShowJobs(const JobsWanted& wanted, bool json, FleetClient& client) {
  v1::ToCoordinator question;
  v1::ListJobs& list = *question.mutable_list_jobs();
  list.set_match(wanted.match);
  if (!wanted.user.empty()) {
    list.set_user(wanted.user);
  }
  for (const std::string& state : wanted.states) {
    list.add_states(*coordinator::JobStateNamed(state));
  }
  Rows rows = {{"JOB", "NAME", "USER", "STATE", "DONE", "FRAMES", "LEFT", "PRIORITY", "SUBMITTED"}};
  std::uint32_t left = wanted.limit;
  while (left > 0) {
    list.set_limit(std::min(left, kJobsPage));
    WEFT_ASSIGN_OR_RETURN(const v1::FromCoordinator answer,
                          client.Ask(question, v1::FromCoordinator::kJobList));
    for (const v1::JobSummary& job : answer.job_list().jobs()) {
      if (json) {
        std::cout << Dump(coordinator::ToJson(job)) << "\n";
      }
      rows.push_back(RowOf(job));
      --left;
    }
    if (answer.job_list().next() == 0) {
      break;
    }
    list.set_before(answer.job_list().next());
  }
  if (!json) {
    std::cout << TextTable(rows, 0);
  }
  std::cout << std::flush;
  return ExitCode::kDone;
}

FleetCommand JobsCommand(CLI::App& app, FleetOptions& options) {
  CLI::App* const command = AddFleetCommand(
      app,
      {"jobs", "List jobs, the newest first",
       "  weft jobs --state running --state paused\n  weft jobs --user ada --json\n"},
      options);
  const auto wanted = std::make_shared<JobsWanted>();
  command->add_option("JOB", wanted->match, "Only these: the beginning of an id, or a name")
      ->type_name("");
  command->add_option("--user", wanted->user, "Only this user's")->type_name("NAME");
  command->add_option("--state", wanted->states, "Only in this state; may be repeated")
      ->type_name("STATE")
      ->check(CLI::IsMember({"accepted", "running", "paused", "done", "failed", "cancelled"}));
  command->add_option("--limit", wanted->limit, "At most so many [50]")->type_name("N");
  return {command, [wanted, &options](const FleetSession& session) {
            return ShowJobs(*wanted, options.json, session.client);
          }};
}

void AddLines(const std::string& text, std::string& out) {
  std::size_t begin = 0;
  while (begin < text.size()) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    out += "  " + text.substr(begin, end - begin) + "\n";
    begin = end + 1;
  }
}

std::string WhereResultIs(const v1::KeptResult& result, const std::string& job) {
  const std::string until = Seconds(result.kept_until_unix_ms());
  return result.has_index() ? "kept here until " + until + ": weft fetch " + job
                            : "was kept here until " + until;
}

std::string Describe(const v1::JobDetails& details) {
  const v1::JobSummary& job = details.summary();
  const v1::JobStatus& status = details.status();
  std::string text =
      "job        " + job.job() + "\nname       " + OrDash(job.name()) + "\nuser       " +
      OrDash(job.user()) + "\nkind       " + coordinator::KindName(job.kind()) + "\nstate      " +
      coordinator::JobStateName(job.state()) + "\nprogress   " + PlainLine(status) +
      "\npriority   " + std::to_string(job.priority()) + "\nsubmitted  " +
      Seconds(job.submitted_unix_ms()) + "\nended      " + Seconds(job.ended_unix_ms()) +
      "\ninput      " + details.spec().input_path() + "\noutput     " + job.output_path() + "\n";
  if (details.has_result()) {
    text += "result     " + WhereResultIs(details.result(), job.job()) + "\n";
  }
  for (const std::string& before : details.terms().after()) {
    text += "after      " + before + "\n";
  }
  if (status.has_error()) {
    text += "error      " + status.error().message() + "\n";
  }
  Rows stages = {{"STAGE", "DONE", "RUNNING", "TASKS"}};
  for (const v1::StageProgress& stage : status.stages()) {
    stages.push_back({Name(static_cast<Stage>(stage.stage())), std::to_string(stage.tasks_done()),
                      std::to_string(stage.tasks_running()), std::to_string(stage.tasks_total())});
  }
  text += "\n" + TextTable(stages, 0);
  if (!status.notes().empty()) {
    text += "\nwhat happened:\n";
    for (const std::string& note : status.notes()) {
      AddLines(note, text);
    }
  }
  if (!status.log().empty()) {
    text += "\nthe end of the failed task's log:\n";
    AddLines(status.log(), text);
  }
  return text;
}

FleetCommand ShowCommand(CLI::App& app, FleetOptions& options) {
  CLI::App* const command = AddFleetCommand(
      app, {"show", "Show all there is to know about a job", "  weft show j-3f9c\n"}, options);
  const auto job = std::make_shared<std::string>();
  command->add_option("JOB", *job, "Its id, the beginning of it, or its name")
      ->type_name("")
      ->required();
  return {command, [job, &options](const FleetSession& session) -> Result<ExitCode> {
            WEFT_ASSIGN_OR_RETURN(const v1::JobSummary found, session.client.FindJob(*job));
            v1::ToCoordinator question;
            question.mutable_show_job()->set_job(found.job());
            WEFT_ASSIGN_OR_RETURN(const v1::FromCoordinator answer,
                                  session.client.Ask(question, v1::FromCoordinator::kJobDetails));
            std::cout << (options.json ? Dump(coordinator::ToJson(answer.job_details())) + "\n"
                                       : Describe(answer.job_details()))
                      << std::flush;
            return ExitCode::kDone;
          }};
}

Result<ExitCode> ShowTasks(const std::string& job,
                           const std::vector<std::string>& states,
                           bool json,
                           FleetClient& client) {
  WEFT_ASSIGN_OR_RETURN(const v1::JobSummary found, client.FindJob(job));
  v1::ToCoordinator question;
  v1::ListTasks& list = *question.mutable_list_tasks();
  list.set_job(found.job());
  list.set_limit(kRowsPage);
  for (const std::string& state : states) {
    list.add_states(*coordinator::TaskStateNamed(state));
  }
  Rows rows = {{"TASK", "FRAMES", "STATE", "DONE", "ATTEMPT", "FAILURES", "WORKER"}};
  do {
    WEFT_ASSIGN_OR_RETURN(const v1::FromCoordinator answer,
                          client.Ask(question, v1::FromCoordinator::kTaskList));
    for (const v1::TaskSummary& task : answer.task_list().tasks()) {
      if (json) {
        std::cout << Dump(coordinator::ToJson(task)) << "\n";
      }
      rows.push_back(RowOf(task));
    }
    list.set_skip(answer.task_list().next());
  } while (list.skip() > 0);
  std::cout << (json ? "" : TextTable(rows, 0)) << std::flush;
  return ExitCode::kDone;
}

FleetCommand TasksCommand(CLI::App& app, FleetOptions& options) {
  CLI::App* const command = AddFleetCommand(
      app,
      {"tasks", "List a job's tasks, and who runs them", "  weft tasks neon --state running\n"},
      options);
  const auto job = std::make_shared<std::string>();
  const auto states = std::make_shared<std::vector<std::string>>();
  command->add_option("JOB", *job, "Its id, the beginning of it, or its name")
      ->type_name("")
      ->required();
  command->add_option("--state", *states, "Only in this state; may be repeated")
      ->type_name("STATE")
      ->check(CLI::IsMember({"waiting", "running", "done", "failed"}));
  return {command, [job, states, &options](const FleetSession& session) {
            return ShowTasks(*job, *states, options.json, session.client);
          }};
}

Result<ExitCode> ShowWorkers(bool json, FleetClient& client) {
  v1::ToCoordinator question;
  v1::ListWorkers& list = *question.mutable_list_workers();
  list.set_limit(kRowsPage);
  Rows rows = {{"WORKER", "STATE", "DEVICE", "MIB", "JOB", "TASK", "DONE", "TAGS"}};
  do {
    WEFT_ASSIGN_OR_RETURN(const v1::FromCoordinator answer,
                          client.Ask(question, v1::FromCoordinator::kWorkerList));
    for (const v1::WorkerSummary& worker : answer.worker_list().workers()) {
      if (json) {
        std::cout << Dump(coordinator::ToJson(worker)) << "\n";
      }
      rows.push_back(RowOf(worker));
    }
    list.set_after(answer.worker_list().next());
  } while (!list.after().empty());
  std::cout << (json ? "" : TextTable(rows, 0)) << std::flush;
  return ExitCode::kDone;
}

FleetCommand WorkersCommand(CLI::App& app, FleetOptions& options) {
  CLI::App* const command = AddFleetCommand(
      app, {"workers", "List the workers and what they do", "  weft workers\n"}, options);
  return {command, [&options](const FleetSession& session) {
            return ShowWorkers(options.json, session.client);
          }};
}

}  // namespace

FleetCommands AddViewCommands(CLI::App& app, FleetOptions& options) {
  return {JobsCommand(app, options), ShowCommand(app, options), TasksCommand(app, options),
          WorkersCommand(app, options)};
}

}  // namespace weft::cli
