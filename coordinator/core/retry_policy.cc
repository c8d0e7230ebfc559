#include "coordinator/core/retry_policy.h"

#include <algorithm>

namespace weft::coordinator {

FailureClass Classify(ErrorCode code) {
  if (code == ErrorCode::kCancelled) {
    return FailureClass::kWithdrawn;
  }
  return IsRetryable(code) ? FailureClass::kTaskError : FailureClass::kFinal;
}

Duration Backoff(const RetryLimits& limits, std::uint32_t errors) {
  constexpr std::uint32_t kDoublingsMax = 20;  // Far above any limit, far below overflow.
  const std::uint32_t doublings = std::min(errors - 1, kDoublingsMax);
  return std::min(limits.backoff_max, limits.backoff * (std::int64_t{1} << doublings));
}

}  // namespace weft::coordinator
