// logs, events.

#include <iostream>
#include <memory>
#include <optional>
#include <regex>
#include <utility>

#include "common/log/log.h"
#include "common/wire/log_wire.h"
#include "coordinator/cli/fleet_command.h"
#include "coordinator/cli/job_client.h"
#include "coordinator/view/view_json.h"

namespace weft::cli {
namespace {

constexpr Duration kFollowPause{500};
constexpr std::uint64_t kTailUsual = 64 << 10;

struct LogWanted {
  std::string job;
  std::string task;
  std::uint32_t attempt = 0;
  std::string grep;
  std::string level = "debug";
  std::uint64_t offset = 0;
  std::optional<std::uint64_t> tail_bytes;
  bool follow = false;
};

// "2024-05-01T12:00:00.123Z warning j-3f9c gpu17.0 denoise 3.1 #2: out of memory". names_job: not
// where all lines are about one job.
std::string Line(const v1::LogRecord& record, bool names_job) {
  const LogEntry entry = FromWire(record);
  std::string line = TimeStamp(entry.unix_ms) + " " + Name(entry.level);
  const std::string job = names_job ? entry.fields.job : "";
  for (const std::string& word : {job, entry.fields.worker, entry.fields.task}) {
    line += word.empty() ? "" : " " + word;
  }
  if (entry.fields.attempt.has_value()) {
    line += " #" + std::to_string(*entry.fields.attempt);
  }
  return line + ": " + entry.message;
}

// Reads page after page.
class LogReader {
 public:
  LogReader(const LogWanted& wanted, const std::string& job, bool json, FleetClient& client)
      : wanted_(wanted), json_(json), client_(client) {
    v1::ReadLog& read = *question_.mutable_read_log();
    read.set_job(job);
    read.set_task(wanted.task);
    read.set_attempt(wanted.attempt);
    read.set_least(ToWire(*LogLevelNamed(wanted.level)));
    read.set_offset(wanted.offset);
    if (wanted.tail_bytes.has_value()) {
      read.set_from_end(true);
      read.set_tail_bytes(*wanted.tail_bytes);
    }
    if (!wanted.grep.empty()) {
      expression_ = std::regex(wanted.grep, std::regex::ECMAScript);
    }
  }

  // Prints all there is until now.
  Status ReadToEnd() {
    bool at_end = false;
    while (!at_end) {
      WEFT_ASSIGN_OR_RETURN(const v1::FromCoordinator answer,
                            client_.Ask(question_, v1::FromCoordinator::kLogPage));
      const v1::LogPage& page = answer.log_page();
      if (page.missing_bytes() > 0) {
        std::cerr << "weft: the oldest " << page.missing_bytes() << " bytes are not kept any more"
                  << std::endl;
      }
      for (const v1::LogRecord& record : page.records()) {
        Print(record);
      }
      std::cout << std::flush;
      question_.mutable_read_log()->set_offset(page.next());
      question_.mutable_read_log()->set_from_end(false);
      at_end = page.at_end();
    }
    return {};
  }

 private:
  void Print(const v1::LogRecord& record) const {
    if (!wanted_.grep.empty() && !std::regex_search(record.message(), expression_)) {
      return;
    }
    std::cout << (json_ ? coordinator::Dump(coordinator::ToJson(record))
                        : Line(record, wanted_.job.empty()))
              << "\n";
  }

  const LogWanted& wanted_;
  const bool json_;
  FleetClient& client_;
  v1::ToCoordinator question_;
  std::regex expression_;
};

// Followed, a job's log ends with the job.
Result<bool> GoesOn(const LogWanted& wanted, const std::string& job, FleetClient& client) {
  if (!wanted.follow || job.empty()) {
    return wanted.follow;
  }
  WEFT_ASSIGN_OR_RETURN(const v1::JobSummary now, client.FindJob(job));
  return !HasEnded(now.state());
}

Result<ExitCode> Read(const LogWanted& wanted, bool json, const FleetSession& session) {
  std::string job;
  if (!wanted.job.empty()) {
    WEFT_ASSIGN_OR_RETURN(const v1::JobSummary found, session.client.FindJob(wanted.job));
    job = found.job();
  }
  LogReader reader(wanted, job, json, session.client);
  while (!session.signals.Caught()) {
    WEFT_ASSIGN_OR_RETURN(const bool goes_on, GoesOn(wanted, job, session.client));
    WEFT_RETURN_IF_ERROR(reader.ReadToEnd());
    if (!goes_on) {
      return ExitCode::kDone;
    }
    WEFT_RETURN_IF_ERROR(session.client.Hear(kFollowPause));  // Nothing is to be heard: a pause.
  }
  return ExitCode::kInterrupted;
}

void AddFilters(CLI::App& command, LogWanted& wanted) {
  command.add_flag("--follow,-f", wanted.follow, "Go on as more is written");
  command.add_option("--grep", wanted.grep, "Only messages that match (ECMAScript)")
      ->type_name("RE")
      ->check([](const std::string& text) {
        try {
          const std::regex expression(text);
          return std::string();
        } catch (const std::regex_error& error) {
          return std::string("is no regular expression: ") + error.what();
        }
      });
  command
      .add_option("--level", wanted.level, "Only what weighs as much: debug, info, warning, error")
      ->type_name("L")
      ->check(CLI::IsMember({"debug", "info", "warning", "error"}));
  command.add_option("--tail", wanted.tail_bytes, "Only the last so many bytes")
      ->type_name("BYTES");
}

FleetCommand LogsCommand(CLI::App& app, FleetOptions& options) {
  CLI::App* const command = AddFleetCommand(
      app,
      {"logs", "Read what workers and coordinator say about a job",
       "  weft logs neon --level warning\n  weft logs neon --task \"denoise 3.1\" --follow\n"},
      options);
  const auto wanted = std::make_shared<LogWanted>();
  command->add_option("JOB", wanted->job, "Its id, the beginning of it, or its name")
      ->type_name("")
      ->required();
  command->add_option("--task", wanted->task, "Only about this task, named as in weft tasks")
      ->type_name("TASK");
  command->add_option("--attempt", wanted->attempt, "Only about this attempt")->type_name("N");
  AddFilters(*command, *wanted);
  return {command, [wanted, &options](const FleetSession& session) {
            return Read(*wanted, options.json, session);
          }};
}

FleetCommand EventsCommand(CLI::App& app, FleetOptions& options) {
  CLI::App* const command = AddFleetCommand(
      app,
      {"events", "Read what happens in the farm: jobs, workers, disk", "  weft events --follow\n"},
      options);
  const auto wanted = std::make_shared<LogWanted>();
  wanted->tail_bytes = kTailUsual;
  AddFilters(*command, *wanted);
  return {command, [wanted, &options](const FleetSession& session) {
            return Read(*wanted, options.json, session);
          }};
}

}  // namespace

FleetCommands AddLogCommands(CLI::App& app, FleetOptions& options) {
  return {LogsCommand(app, options), EventsCommand(app, options)};
}

}  // namespace weft::cli
