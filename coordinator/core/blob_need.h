// Which blobs a task may still read, or a user fetch.

#pragma once

#include <set>
#include <string>

#include "coordinator/core/floor.h"

namespace weft::coordinator {

// The task's last reader is done.
void DropOutputs(const Task& task, Effects& effects);

// The job is done: of what its tasks have brought, its result is kept.
void DropAllButResult(const Job& job, Effects& effects);

// Whether this output of the attempt may be read by a task that runs now or later, or may yet
// become the task's result, or belongs to the job's result, as long as that is kept. Of a job that
// failed or was cancelled everything is needed that a retry would start from, and of one that was
// forgotten nothing. Other attempts at tasks that are not known are none of the farm's business:
// needed.
bool IsNeeded(const AttemptId& attempt, const std::string& output, const Floor& floor);

// Whether any of them may.
bool IsNeeded(const AttemptId& attempt, const Floor& floor);

// What the keys of files begin with that were handed in and that a job reads which has not ended.
std::set<std::string> UploadsNeeded(const Floor& floor);

}  // namespace weft::coordinator
