#include "coordinator/core/job_order.h"

namespace weft::coordinator {

Status CheckOrder(const v1::JobTerms& terms, const JobTable& jobs) {
  constexpr int kAfterMax = 32;
  if (terms.after_size() > kAfterMax) {
    return Failure(ErrorCode::kInvalidArgument,
                   "a job may wait for 32 others, not " + std::to_string(terms.after_size()));
  }
  for (const std::string& id : terms.after()) {
    const Job* const job = jobs.Find({id});
    if (job == nullptr) {
      return Failure(ErrorCode::kNotFound,
                     "there is no job " + id + " to wait for" +
                         (jobs.WasForgotten({id}) ? ": it was forgotten" : ""));
    }
  }
  return CheckNotInVain(terms, jobs);
}

Status CheckNotInVain(const v1::JobTerms& terms, const JobTable& jobs) {
  for (const std::string& id : terms.after()) {
    const Job* const job = jobs.Find({id});
    if (job != nullptr && !IsOpen(job->state) && job->state != JobState::kDone) {
      return tl::unexpected(WaitsInVain(*job));
    }
  }
  return {};
}

const Job* FirstNotDone(const v1::JobTerms& terms, const JobTable& jobs) {
  for (const std::string& id : terms.after()) {
    const Job* const job = jobs.Find({id});
    if (job != nullptr && job->state != JobState::kDone) {
      return job;
    }
  }
  return nullptr;
}

Error WaitsInVain(const Job& ended) {
  const std::string name = ended.terms.name().empty() ? "" : " (" + ended.terms.name() + ")";
  return {ErrorCode::kFailedPrecondition,
          "job " + ended.id.value + name + ", which it waits for, " +
              (ended.state == JobState::kCancelled ? "was cancelled" : "failed")};
}

}  // namespace weft::coordinator
