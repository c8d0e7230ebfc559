// A network between seats and the coordinator that delays, loses, repeats and reorders.

#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "common/time.h"
#include "tests/simulation/random.h"

namespace weft::simulation {

// One direction between one seat and the coordinator.
class Link {
 public:
  Link(std::uint64_t seed, const std::string& name, bool noisy)
      : random_(seed, name), noisy_(noisy) {}

  // Nothing passes until then.
  void CloseUntil(Time when) { closed_until_ = std::max(closed_until_, when); }
  // Much is lost, repeated and late until then.
  void StormUntil(Time when) { storm_until_ = std::max(storm_until_, when); }

  // When a message that is sent now arrives: not at all, once, or twice.
  std::vector<Duration> Carry(Time now) {
    if (now < closed_until_) {
      return {};
    }
    const bool storm = now < storm_until_;
    const double trouble = storm ? 0.3 : noisy_ ? 0.02 : 0;
    std::vector<Duration> arrivals;
    if (!random_.Chance(trouble)) {
      arrivals.push_back(Delay(storm, trouble));
    }
    if (random_.Chance(trouble)) {
      arrivals.push_back(Delay(storm, trouble));
    }
    return arrivals;
  }

 private:
  Duration Delay(bool storm, double trouble) {
    return random_.Chance(trouble) ? random_.Between(1, storm ? 8000 : 3000)
                                   : random_.Between(1, 20);
  }

  Random random_;
  bool noisy_;
  Time closed_until_{};
  Time storm_until_{};
};

}  // namespace weft::simulation
