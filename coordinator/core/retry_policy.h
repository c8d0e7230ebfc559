// How often a task is tried after each kind of failure, and what makes trying again pointless.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "common/error.h"
#include "common/time.h"

namespace weft::coordinator {

enum class FailureClass : std::uint8_t {
  kTaskError,    // May succeed elsewhere or later.
  kWorkerLost,   // The worker vanished under it.
  kOutOfMemory,  // May succeed on a larger device.
  kBusy,         // Something it needs was not to be had; later it may be.
  kBadOutput,    // It brought something else than it should.
  kStalled,      // It stopped moving.
  kBadInput,     // Cannot succeed: the job fails at once.
  kWithdrawn,    // The worker stops for its own reasons; does not count.
};

// Those that are counted, from the first on.
inline constexpr std::size_t kCountedClasses = 6;

// "error", "lost worker", "lack of memory", ...
std::string_view Name(FailureClass failure);

struct RetryBudget {
  std::uint32_t failures_max = 3;  // With that many the task is given up.
  Duration backoff{1000};          // After the first; doubles with each further one.
  Duration backoff_max{30'000};
};

struct RetryLimits {
  RetryBudget errors;
  RetryBudget workers_lost{12, Duration(0), Duration(0)};
  RetryBudget out_of_memory{4, Duration(2000), Duration(60'000)};
  RetryBudget busy{60, Duration(1000), Duration(120'000)};
  RetryBudget bad_outputs;
  RetryBudget stalls{3, Duration(0), Duration(0)};

  // REQUIRES: a class that is counted.
  [[nodiscard]] const RetryBudget& Of(FailureClass failure) const;
};

// Of one task, by class.
using FailureCounts = std::array<std::uint32_t, kCountedClasses>;

FailureClass Classify(ErrorCode code);

// How long a task rests after its `failures`-th failure of a class. REQUIRES: failures > 0.
Duration Backoff(const RetryBudget& budget, std::uint32_t failures);

}  // namespace weft::coordinator
