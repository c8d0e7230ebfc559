#include "coordinator/cli/submission.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <set>

#include "common/wire/error_wire.h"
#include "coordinator/core/job_id.h"

namespace weft::cli {
namespace {

constexpr std::size_t kAtOnce = 256;  // That wait for their answers.
constexpr Duration kSayAgain = std::chrono::seconds(2);
constexpr Duration kTryAgain{10};  // What nobody took.

class Submission {
 public:
  Submission(const std::vector<v1::SubmitJob>& jobs, FleetClient& client, const Clock& clock)
      : jobs_(jobs),
        client_(client),
        clock_(clock),
        answers_(jobs.size(), {Failure(NoAnswer())}),
        heard_(clock.Now()),
        said_(clock.Now()) {}

  Result<std::vector<Submitted>> Run(
      Duration patience, const std::function<void(std::size_t, const Submitted&)>& told) {
    while ((next_ < jobs_.size() || !waiting_.empty()) && clock_.Now() - heard_ < patience) {
      Say();
      WEFT_ASSIGN_OR_RETURN(const auto message,
                            client_.Hear(waiting_.empty() ? kTryAgain : kSayAgain / 4));
      const auto answered = message.has_value() ? Take(*message) : std::nullopt;
      if (answered.has_value()) {
        told(*answered, answers_[*answered]);
      }
    }
    return std::move(answers_);
  }

 private:
  void Say() {
    while (waiting_.size() < kAtOnce && next_ < jobs_.size() && IsNext(jobs_[next_])) {
      if (!SayOne(next_)) {
        return;  // The connection is not there yet, or takes no more for now.
      }
      waiting_.emplace(jobs_[next_].client_token(), next_);
      unanswered_.insert(coordinator::JobIdOf(jobs_[next_].client_token()).value);
      ++next_;
    }
    if (clock_.Now() - std::max(heard_, said_) >= kSayAgain) {
      said_ = clock_.Now();
      for (const auto& [token, place] : waiting_) {
        SayOne(place);
      }
    }
  }

  // The coordinator knows all that the job is to wait for.
  [[nodiscard]] bool IsNext(const v1::SubmitJob& job) const {
    return std::none_of(job.terms().after().begin(), job.terms().after().end(),
                        [this](const std::string& id) { return unanswered_.count(id) > 0; });
  }

  bool SayOne(std::size_t place) {
    v1::ToCoordinator message;
    *message.mutable_submit_job() = jobs_[place];
    return client_.Say(message);
  }

  // The place of the job that was answered.
  std::optional<std::size_t> Take(const v1::FromCoordinator& message) {
    const bool is_refused = message.has_request_refused();
    if (!is_refused && !message.has_job_submitted()) {
      return std::nullopt;
    }
    const auto waiting = waiting_.find(is_refused ? message.request_refused().client_token()
                                                  : message.job_submitted().client_token());
    if (waiting == waiting_.end()) {
      return std::nullopt;  // Answered twice.
    }
    const std::size_t place = waiting->second;
    waiting_.erase(waiting);
    unanswered_.erase(coordinator::JobIdOf(jobs_[place].client_token()).value);
    heard_ = clock_.Now();
    answers_[place].answered = true;
    if (is_refused) {
      answers_[place].answer = Failure(FromWire(message.request_refused().error()));
    } else {
      answers_[place].answer = message.job_submitted();
    }
    return place;
  }

  const std::vector<v1::SubmitJob>& jobs_;
  FleetClient& client_;
  const Clock& clock_;
  std::vector<Submitted> answers_;
  std::map<std::string, std::size_t> waiting_;  // Places by token.
  std::set<std::string> unanswered_;            // Ids of the same.
  std::size_t next_ = 0;
  Time heard_;
  Time said_;
};

}  // namespace

Result<std::vector<Submitted>> Submit(
    const std::vector<v1::SubmitJob>& jobs,
    FleetClient& client,
    const Clock& clock,
    Duration patience,
    const std::function<void(std::size_t, const Submitted&)>& told) {
  return Submission(jobs, client, clock).Run(patience, told);
}

}  // namespace weft::cli
