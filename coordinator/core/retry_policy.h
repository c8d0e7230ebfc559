// How often a task is tried, and what makes trying again pointless.

#pragma once

#include <cstdint>

#include "common/error.h"
#include "common/time.h"

namespace weft::coordinator {

struct RetryLimits {
  std::uint32_t errors_max = 3;         // The task's own errors before its job fails.
  std::uint32_t workers_lost_max = 12;  // Workers that vanish under it before its job fails.
  Duration backoff{1000};               // After the first error; doubles with each further one.
  Duration backoff_max{30'000};
};

enum class FailureClass {
  kTaskError,  // May succeed elsewhere or later; counts.
  kFinal,      // Cannot succeed: the job fails at once.
  kWithdrawn,  // The worker stops for its own reasons; does not count.
};

FailureClass Classify(ErrorCode code);

// How long a task rests after its `errors`-th error. REQUIRES: errors > 0.
Duration Backoff(const RetryLimits& limits, std::uint32_t errors);

}  // namespace weft::coordinator
