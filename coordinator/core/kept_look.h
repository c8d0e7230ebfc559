// Anchors that one job attends to and another one has saved with its result, which the coordinator
// keeps.

#pragma once

#include "common/result.h"
#include "coordinator/core/floor.h"
#include "weft/v1/client.pb.h"
#include "weft/v1/task.pb.h"

namespace weft::coordinator {

// Whether the anchors that the job attends to are there, or will be when it begins; also where it
// attends to none that are kept here.
// kNotFound: there is no such job.  kFailedPrecondition: it saves none here, or its result is not
// kept any more.  kPermissionDenied: it is another user's.  kInvalidArgument: it has not ended, and
// the job does not wait for it.
Status CheckKeptLook(const v1::SubmitJob& request, const Floor& floor);

// FillTask(); and a first task that reads such anchors has an input more than its plan, the list of
// the result that has them, unless that is not kept any more.
void FillAssignment(const Task& task, const Job& job, const Floor& floor, v1::Task& wire);

}  // namespace weft::coordinator
