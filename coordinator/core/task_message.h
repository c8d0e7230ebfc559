// A task as it is sent to a worker, and whether what comes back is what was asked for.

#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/result.h"
#include "coordinator/core/task_table.h"
#include "weft/v1/task.pb.h"

namespace weft::coordinator {

// "<job>/<stage>/<chunk>.<round>/e<epoch>a<attempt>/": no two attempts ever write the same keys, so
// late ones harm nobody.
std::string OutputPrefix(const AttemptId& attempt);

// The attempt that a blob of this key is an output of; nothing when the key is of another form.
std::optional<AttemptId> AttemptOfKey(std::string_view key);

// Fills in what is the task's own of the message about its latest attempt: all but the job's
// specification and clip. REQUIRES: `task` is one of `job`, and all its inputs are done.
void FillTask(const Task& task, const Job& job, const TaskTable& tasks, v1::Task& wire);

// The job's specification and clip as they stand in every assignment of a task of the job: bytes of
// a v1::FromCoordinator, to be merged into one.
std::string BytesInAssignments(const Job& job);

// kInternal: the outputs are not those that the plan says (a preview may be missing, a result has
// any number of pieces), or lie elsewhere than they should.
Status CheckOutputs(const PlannedTask& plan,
                    const AttemptId& attempt,
                    const v1::TaskResult& result);

}  // namespace weft::coordinator
