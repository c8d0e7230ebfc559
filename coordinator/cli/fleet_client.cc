#include "coordinator/cli/fleet_client.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "common/wire/error_wire.h"

namespace weft::cli {
namespace {

constexpr Duration kAskAgain = std::chrono::seconds(2);
constexpr Duration kTryAgain{10};  // What nobody took is said again soon.

}  // namespace

Error NoAnswer() {
  return {ErrorCode::kUnavailable,
          "the coordinator does not answer: is one listening there? One that has keys answers only "
          "its guests: --keys must name a key among them, and --server-key its own public key"};
}

FleetClient::FleetClient(Connect connect,
                         std::unique_ptr<Connection> connection,
                         const Clock& clock,
                         Duration patience)
    : connect_(std::move(connect)),
      connection_(std::move(connection)),
      clock_(&clock),
      patience_(patience) {}

Result<FleetClient> FleetClient::Open(Connect connect, const Clock& clock, Duration patience) {
  WEFT_ASSIGN_OR_RETURN(std::unique_ptr<Connection> connection, connect());
  return FleetClient(std::move(connect), std::move(connection), clock, patience);
}

Status FleetClient::LeaveOldAnswers() {
  if (may_hear_old_) {
    WEFT_ASSIGN_OR_RETURN(connection_, connect_());
    may_hear_old_ = false;
  }
  return {};
}

Result<v1::FromCoordinator> FleetClient::Ask(const v1::ToCoordinator& question,
                                             v1::FromCoordinator::BodyCase answer) {
  WEFT_RETURN_IF_ERROR(LeaveOldAnswers());
  const std::string bytes = question.SerializeAsString();
  const Time begun = clock_->Now();
  Time ask_again = begun;
  int waiting = 0;  // Answers that may come.
  while (clock_->Now() - begun < patience_) {
    if (clock_->Now() >= ask_again) {
      const bool sent = connection_->Send(bytes).has_value();
      waiting += sent ? 1 : 0;
      may_hear_old_ = waiting > 0;
      ask_again = clock_->Now() + (sent ? kAskAgain : kTryAgain);
    }
    const Duration wait = std::max(ask_again - clock_->Now(), Duration::zero());
    WEFT_ASSIGN_OR_RETURN(const std::optional<v1::FromCoordinator> heard, Hear(wait));
    if (!heard.has_value()) {
      continue;
    }
    may_hear_old_ = waiting > 1;
    if (heard->has_request_refused()) {
      return Failure(FromWire(heard->request_refused().error()));
    }
    if (heard->body_case() == answer) {
      return *heard;
    }
  }
  return Failure(NoAnswer());
}

Result<v1::JobSummary> FleetClient::FindJob(const std::string& text) {
  v1::ToCoordinator question;
  question.mutable_list_jobs()->set_match(text);
  constexpr std::uint32_t kNamedMax = 5;
  question.mutable_list_jobs()->set_limit(kNamedMax);
  WEFT_ASSIGN_OR_RETURN(const v1::FromCoordinator answer,
                        Ask(question, v1::FromCoordinator::kJobList));
  const auto& jobs = answer.job_list().jobs();
  if (jobs.empty() || text.empty()) {
    return Failure(ErrorCode::kNotFound, "there is no job \"" + text + "\"");
  }
  if (jobs.size() == 1) {
    return jobs.at(0);
  }
  std::string ids;
  for (const v1::JobSummary& job : jobs) {
    ids += (ids.empty() ? "" : ", ") + job.job();
  }
  return Failure(ErrorCode::kInvalidArgument, "\"" + text + "\" means several jobs: " + ids +
                                                  (answer.job_list().next() > 0 ? ", …" : "") +
                                                  "; take one of these ids");
}

Result<std::optional<v1::FromCoordinator>> FleetClient::Hear(Duration timeout) {
  WEFT_ASSIGN_OR_RETURN(const std::optional<std::string> bytes, connection_->Receive(timeout));
  if (!bytes.has_value()) {
    return std::nullopt;
  }
  v1::FromCoordinator message;
  if (!message.ParseFromString(*bytes)) {
    return Failure(ErrorCode::kInternal, "the coordinator's message makes no sense");
  }
  return message;
}

bool FleetClient::Say(const v1::ToCoordinator& message) {
  may_hear_old_ = true;
  return connection_->Send(message.SerializeAsString()).has_value();
}

}  // namespace weft::cli
