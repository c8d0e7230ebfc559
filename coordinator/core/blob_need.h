// Which blobs a task may still read.

#pragma once

#include "coordinator/core/floor.h"

namespace weft::coordinator {

// Whether outputs of this attempt may be read by a task that runs now or later, or may yet become
// the task's result. Of a job that failed or was cancelled everything is needed that a retry would
// start from. Attempts at tasks that are not known are none of the farm's business: needed.
bool IsNeeded(const AttemptId& attempt, const Floor& floor);

}  // namespace weft::coordinator
