// Whether a probe's findings make sense, and what they mean for the result.

#pragma once

#include <string>

#include "common/result.h"
#include "coordinator/core/job_table.h"
#include "weft/v1/job.pb.h"

namespace weft::coordinator {

// kInternal in both: they do not, which is the worker's bug; the message names the field.

// A clip of which everything is known.
Status CheckClip(const v1::Clip& clip);

// What the task at `place` of the job has found: of a probe such a clip, read at once, or one that
// is to be read in parts; of the join of these, that clip. No other task finds any.
Status CheckFound(const Job& job, const TaskPlace& place, const v1::Clip& found);

// That the result has fewer bits a colour than the clip, in words; empty where it has not.
std::string BitsLost(const v1::JobSpec& spec, const v1::Clip& clip);

}  // namespace weft::coordinator
