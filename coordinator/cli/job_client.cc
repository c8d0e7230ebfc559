#include "coordinator/cli/job_client.h"

#include <utility>

#include "common/wire/error_wire.h"

namespace weft::cli {
namespace {

constexpr Duration kAskAgain = std::chrono::seconds(1);
constexpr Duration kQuiet = std::chrono::seconds(5);     // A watched job is spoken of every second.
constexpr Duration kSilence = std::chrono::seconds(60);  // Longer than any disk takes to sync.

}  // namespace

JobClient::JobClient(Connection& connection, const Clock& clock, JobRequest request)
    : connection_(connection), clock_(clock), request_(std::move(request)), heard_(clock.Now()) {}

Result<std::optional<v1::JobStatus>> JobClient::Poll(Duration timeout) {
  SayWhatIsDue();
  WEFT_ASSIGN_OR_RETURN(const std::optional<std::string> bytes, connection_.Receive(timeout));
  if (!bytes) {
    if (clock_.Now() - heard_ > kSilence) {
      return Failure(ErrorCode::kUnavailable, "the coordinator does not answer");
    }
    return std::nullopt;
  }
  v1::FromCoordinator message;
  if (!message.ParseFromString(*bytes)) {
    return Failure(ErrorCode::kInternal, "the coordinator's message makes no sense");
  }
  heard_ = clock_.Now();
  return Take(message);
}

void JobClient::SayWhatIsDue() {
  const Time now = clock_.Now();
  const bool in_doubt = job_.empty() || is_earlier_ || now - heard_ > kQuiet;
  if (said_ && (!in_doubt || now - *said_ < kAskAgain)) {
    return;
  }
  v1::ToCoordinator message;
  if (job_.empty()) {
    v1::SubmitJob& submit = *message.mutable_submit_job();
    submit.set_client_token(request_.token + (try_ > 1 ? "." + std::to_string(try_) : ""));
    *submit.mutable_spec() = request_.spec;
    *submit.mutable_terms() = request_.terms;
  } else {
    message.mutable_watch_job()->set_job(job_);
  }
  // Not taken now: asked again at the next call.
  if (connection_.Send(message.SerializeAsString())) {
    said_ = now;
  }
}

Result<std::optional<v1::JobStatus>> JobClient::Take(const v1::FromCoordinator& message) {
  switch (message.body_case()) {
    case v1::FromCoordinator::kJobSubmitted:
      if (job_.empty()) {
        job_ = message.job_submitted().job();
        is_earlier_ = message.job_submitted().existed();
        said_.reset();
      }
      return std::nullopt;
    case v1::FromCoordinator::kRequestRefused:
      return Failure(FromWire(message.request_refused().error()));
    case v1::FromCoordinator::kJobStatus:
      return TakeStatus(message.job_status());
    default:
      return std::nullopt;  // Not for clients.
  }
}

std::optional<v1::JobStatus> JobClient::TakeStatus(const v1::JobStatus& status) {
  if (job_.empty() || status.job() != job_) {
    return std::nullopt;
  }
  if (IsSpent(status)) {
    TryAnew();
    return std::nullopt;
  }
  is_earlier_ = false;
  return status;
}

bool HasEnded(v1::JobState state) {
  return state == v1::JOB_STATE_DONE || state == v1::JOB_STATE_FAILED ||
         state == v1::JOB_STATE_CANCELLED;
}

bool JobClient::IsSpent(const v1::JobStatus& status) const {
  if (!is_earlier_) {
    return false;
  }
  return status.state() == v1::JOB_STATE_FAILED || status.state() == v1::JOB_STATE_CANCELLED ||
         (status.state() == v1::JOB_STATE_DONE && !request_.earlier_will_do);
}

void JobClient::TryAnew() {
  ++try_;
  job_.clear();
  is_earlier_ = false;
  said_.reset();
}

}  // namespace weft::cli
