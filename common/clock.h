// Where the time comes from: the machine's steady clock, or a test's hand.

#pragma once

#include "common/time.h"

namespace weft {

class Clock {
 public:
  Clock() = default;
  Clock(const Clock&) = delete;
  Clock& operator=(const Clock&) = delete;
  virtual ~Clock() = default;

  [[nodiscard]] virtual Time Now() const = 0;
};

// std::chrono::steady_clock. Safe to use from any thread.
class SteadyClock : public Clock {
 public:
  [[nodiscard]] Time Now() const override;
};

// Stands still until told otherwise. One thread.
class ManualClock : public Clock {
 public:
  [[nodiscard]] Time Now() const override { return now_; }
  void Advance(Duration span) { now_ += span; }

 private:
  Time now_{};
};

}  // namespace weft
