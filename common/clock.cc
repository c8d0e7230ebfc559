#include "common/clock.h"

namespace weft {

Time SteadyClock::Now() const {
  const auto since = std::chrono::steady_clock::now().time_since_epoch();
  return Time(std::chrono::duration_cast<Duration>(since));
}

}  // namespace weft
