// Looks at one event from both sides: what a worker says about an attempt that is not its own must
// change nothing, and must be answered so that it stops.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "coordinator/core/effects.h"
#include "coordinator/core/event.h"
#include "coordinator/core/floor.h"

namespace weft::coordinator {

class FenceWatch {
 public:
  // Before the event.
  FenceWatch(const Floor& floor, const Event& event, Time now);

  // After it: what is broken; nothing when all is well.
  [[nodiscard]] std::optional<std::string> FindBreach(const Floor& floor,
                                                      const Effects& effects) const;

 private:
  struct Footprint {
    TaskId task;
    bool done = false;
    FailureCounts failures = {};
    std::optional<AttemptId> leased;  // By a lease that does not end with this event.
  };

  void LookAt(const PeerId& from, const v1::WorkerHello& hello, const Floor& floor);
  void LookAt(const AttemptId& attempt, const Floor& floor, Time now);
  [[nodiscard]] std::optional<std::string> FindChange(const Footprint& before,
                                                      const Floor& floor) const;

  PeerId from_;
  std::vector<AttemptId> foreign_;  // Named in a heartbeat or hello, and not the worker's.
  std::vector<Footprint> untouchable_;
};

}  // namespace weft::coordinator
