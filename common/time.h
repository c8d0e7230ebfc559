// Points in time and spans of it. The core and the agents never ask for the time: it is handed in.

#pragma once

#include <chrono>
#include <cstdint>

namespace weft {

using Duration = std::chrono::milliseconds;

// Milliseconds on a clock that only goes forward. Its zero means nothing: send durations between
// machines, never times.
struct SteadyEpoch {
  using rep = std::int64_t;
  using period = std::milli;
  using duration = Duration;
  using time_point = std::chrono::time_point<SteadyEpoch, Duration>;
  static constexpr bool is_steady = true;  // NOLINT(readability-identifier-naming)
};

using Time = SteadyEpoch::time_point;

}  // namespace weft
