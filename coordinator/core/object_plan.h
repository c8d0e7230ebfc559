// What a plan has of a job's objects: the first task of the probe notes their versions, every other
// task reads them.

#pragma once

#include "coordinator/core/chunk_plan.h"
#include "weft/v1/job.pb.h"

namespace weft::coordinator {

// Each adds nothing where the job has no objects.

// To a probe's tasks. REQUIRES: the plan has no others yet.
void NoteObjects(const v1::JobSpec& spec, JobPlan& plan);

// To all tasks but the probe's.
void ReadObjects(const v1::JobSpec& spec, JobPlan& plan);

}  // namespace weft::coordinator
