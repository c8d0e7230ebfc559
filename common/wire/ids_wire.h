// Ids between programs: weft::Stage, TaskId and AttemptId, and their weft.v1 messages.

#pragma once

#include "common/ids.h"
#include "common/result.h"
#include "weft/v1/task.pb.h"

namespace weft {

v1::Stage ToWire(Stage stage);
v1::TaskId ToWire(const TaskId& task);
void ToWire(const TaskId& task, v1::TaskId& wire);
v1::AttemptId ToWire(const AttemptId& attempt);
void ToWire(const AttemptId& attempt, v1::AttemptId& wire);

// kInvalidArgument: a stage that this build does not know or that was not said, no job, no task, or
// an attempt or epoch of 0 (both count from 1).
Result<Stage> FromWire(v1::Stage stage);
Result<TaskId> FromWire(const v1::TaskId& task);
Result<AttemptId> FromWire(const v1::AttemptId& attempt);

}  // namespace weft
