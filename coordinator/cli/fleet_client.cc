#include "coordinator/cli/fleet_client.h"

#include <algorithm>
#include <chrono>

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

Result<v1::FromCoordinator> FleetClient::Ask(const v1::ToCoordinator& question,
                                             v1::FromCoordinator::BodyCase answer) {
  const std::string bytes = question.SerializeAsString();
  const Time begun = clock_.Now();
  Time ask_again = begun;
  while (clock_.Now() - begun < patience_) {
    if (clock_.Now() >= ask_again) {
      const bool sent = connection_.Send(bytes).has_value();
      ask_again = clock_.Now() + (sent ? kAskAgain : kTryAgain);
    }
    const Duration wait = std::max(ask_again - clock_.Now(), Duration::zero());
    WEFT_ASSIGN_OR_RETURN(const std::optional<v1::FromCoordinator> heard, Hear(wait));
    if (!heard.has_value()) {
      continue;
    }
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
  WEFT_ASSIGN_OR_RETURN(const std::optional<std::string> bytes, connection_.Receive(timeout));
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
  return connection_.Send(message.SerializeAsString()).has_value();
}

}  // namespace weft::cli
