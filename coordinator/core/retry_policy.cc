#include "coordinator/core/retry_policy.h"

#include <algorithm>
#include <cassert>

namespace weft::coordinator {

std::string_view Name(FailureClass failure) {
  switch (failure) {
    case FailureClass::kTaskError:
      return "error";
    case FailureClass::kWorkerLost:
      return "lost worker";
    case FailureClass::kOutOfMemory:
      return "lack of memory";
    case FailureClass::kBusy:
      return "busy resource";
    case FailureClass::kBadOutput:
      return "bad output";
    case FailureClass::kStalled:
      return "stall";
    case FailureClass::kBadInput:
      return "bad input";
    case FailureClass::kWithdrawn:
      return "withdrawal";
  }
  return "unknown failure";
}

const RetryBudget& RetryLimits::Of(FailureClass failure) const {
  switch (failure) {
    case FailureClass::kWorkerLost:
      return workers_lost;
    case FailureClass::kOutOfMemory:
      return out_of_memory;
    case FailureClass::kBusy:
      return busy;
    case FailureClass::kBadOutput:
      return bad_outputs;
    case FailureClass::kStalled:
      return stalls;
    default:
      assert(failure == FailureClass::kTaskError);
      return errors;
  }
}

FailureClass Classify(ErrorCode code) {
  switch (code) {
    case ErrorCode::kCancelled:
      return FailureClass::kWithdrawn;
    case ErrorCode::kResourceExhausted:
      return FailureClass::kOutOfMemory;
    case ErrorCode::kUnavailable:
      return FailureClass::kBusy;
    default:
      return IsRetryable(code) ? FailureClass::kTaskError : FailureClass::kBadInput;
  }
}

Duration Backoff(const RetryBudget& budget, std::uint32_t failures) {
  constexpr std::uint32_t kDoublingsMax = 20;  // Far above any limit, far below overflow.
  const std::uint32_t doublings = std::min(failures - 1, kDoublingsMax);
  return std::min(budget.backoff_max, budget.backoff * (std::int64_t{1} << doublings));
}

}  // namespace weft::coordinator
