// Who runs an attempt: one life of one worker.

#pragma once

#include "common/ids.h"

namespace weft::coordinator {

struct Holder {
  WorkerId worker;
  InstanceId instance;

  friend bool operator==(const Holder& a, const Holder& b) {
    return a.worker == b.worker && a.instance == b.instance;
  }
  friend bool operator!=(const Holder& a, const Holder& b) { return !(a == b); }
};

}  // namespace weft::coordinator
