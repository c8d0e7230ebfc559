// When the core may hear that time has passed, and so judge who was silent for too long: once what
// peers have said in time has been heard.

#pragma once

#include "common/time.h"

namespace weft::coordinator {

class TickGate {
 public:
  // To be asked once a turn of the loop. heard_all: no message waits any more.
  // Where there are always some, now and then all the same. While this program, its disk or its
  // machine stood still, nobody was heard: what was said meanwhile comes in for a second after
  // that, and where the machine stood still, peers send again as late as it stood. A loop that
  // stands still at every turn judges all the same, after a few.
  bool MayTick(Time now, bool heard_all);

  // Not before.
  [[nodiscard]] Time Settled() const { return settled_; }

 private:
  Time asked_{};  // Last.
  Time settled_{};
  int standstills_ = 0;   // Since it last opened.
  int turns_behind_ = 0;  // Since all were heard.
};

}  // namespace weft::coordinator
