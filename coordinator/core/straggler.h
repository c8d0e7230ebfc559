// Which running task is worth a second attempt beside the first.

#pragma once

#include <optional>

#include "common/time.h"
#include "coordinator/core/floor.h"

namespace weft::coordinator {

struct Straggler {
  TaskId task;
  WorkerId idle;  // Could take it.
};

// A task that takes much longer than others of its stage, and is not about to end, with an idle
// worker that could take it; nothing where there is none. Not the stages that write a file of the
// user's, and no task that is tried twice already. Looks at every lease.
//
// Source: Zaharia et al., "Improving MapReduce Performance in Heterogeneous Environments" (OSDI
// 2008), section 4: the time left, not the progress alone, tells a straggler.
std::optional<Straggler> FindStraggler(const Floor& floor, Time now);

}  // namespace weft::coordinator
