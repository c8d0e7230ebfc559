#include "coordinator/cli/job_watch.h"

#include <chrono>
#include <optional>

#include "common/storage/result_place.h"
#include "common/wire/error_wire.h"
#include "coordinator/cli/job_client.h"

namespace weft::cli {
namespace {

constexpr Duration kLookAround{100};
constexpr Duration kQuiet = std::chrono::seconds(5);  // A watched job is spoken of every second.

class Watch {
 public:
  Watch(const std::string& job, const FleetSession& session, Reporter& reporter)
      : job_(job), session_(session), reporter_(reporter), begun_(session.clock.Now()) {}

  Result<ExitCode> Run() {
    while (!session_.signals.Caught()) {
      Ask();
      WEFT_ASSIGN_OR_RETURN(const auto message, session_.client.Hear(kLookAround));
      if (!message.has_value()) {
        continue;
      }
      if (message->has_request_refused()) {
        return Failure(FromWire(message->request_refused().error()));
      }
      if (message->has_job_status() && message->job_status().job() == job_) {
        Take(message->job_status());
        if (HasEnded(message->job_status().state())) {
          return Conclude(message->job_status());
        }
      }
    }
    reporter_.Interrupted("stopped watching; the job goes on: weft watch " + job_);
    return ExitCode::kInterrupted;
  }

 private:
  void Ask() {
    const Time now = session_.clock.Now();
    const Time last = heard_.value_or(begun_);
    if (asked_.has_value() && (now - *asked_ < kQuiet || now - last < kQuiet)) {
      return;
    }
    if (asked_.has_value() && !is_silent_) {
      is_silent_ = true;
      reporter_.Note("the coordinator does not answer; still asking");
    }
    v1::ToCoordinator question;
    question.mutable_watch_job()->set_job(job_);
    if (session_.client.Say(question)) {
      asked_ = now;
    }
  }

  void Take(const v1::JobStatus& status) {
    heard_ = session_.clock.Now();
    is_silent_ = false;
    for (const std::string& note : status.notes()) {
      reporter_.Note(note);
    }
    reporter_.Progress(status, session_.clock.Now());
  }

  Result<ExitCode> Conclude(const v1::JobStatus& status) {
    if (status.state() == v1::JOB_STATE_DONE) {
      WEFT_ASSIGN_OR_RETURN(const v1::JobSummary summary, session_.client.FindJob(job_));
      const std::uint64_t ms = summary.ended_unix_ms() - summary.submitted_unix_ms();
      reporter_.Done({.output = summary.output_path(),
                      .frames = status.frames_total(),
                      .seconds = static_cast<double>(ms) / 1000});
      if (IsResultUrl(summary.output_path())) {
        reporter_.Note("weft fetch " + job_ + " brings the result here");
      }
      return ExitCode::kDone;
    }
    const Error error = status.has_error() ? FromWire(status.error())
                                           : Error(ErrorCode::kCancelled, "the job was cancelled");
    const ExitCode code = ExitCodeFor(error.code());
    reporter_.Failed(error, code);
    return code;
  }

  const std::string& job_;
  const FleetSession& session_;
  Reporter& reporter_;
  const Time begun_;
  std::optional<Time> asked_;
  std::optional<Time> heard_;
  bool is_silent_ = false;
};

}  // namespace

Result<ExitCode> WatchToEnd(const std::string& job,
                            const FleetSession& session,
                            Reporter& reporter) {
  return Watch(job, session, reporter).Run();
}

}  // namespace weft::cli
