// Which running task is worth a second attempt beside the first.

#pragma once

#include <optional>
#include <vector>

#include "common/time.h"
#include "coordinator/core/floor.h"

namespace weft::coordinator {

// Tasks that take much longer than others of their stage, and are not about to end; by id. Not the
// stages that write a file of the user's, and no task that is tried twice already. Looks at every
// lease.
//
// Source: Zaharia et al., "Improving MapReduce Performance in Heterogeneous Environments" (OSDI
// 2008), section 4: the time left, not the progress alone, tells a straggler.
std::vector<TaskId> FindStragglers(const Floor& floor, Time now);

// An idle worker that could take the task, and is none that it avoids.
std::optional<WorkerId> FindIdle(const Task& task, const Floor& floor);

}  // namespace weft::coordinator
