// Which fields of a specification a kind of job has.

#pragma once

#include "common/result.h"
#include "weft/v1/job.pb.h"

namespace weft::coordinator {

// True for a job that smooths a video which was stylized already; see v1::JobKind.
bool IsDeflicker(const v1::JobSpec& spec);

// kInvalidArgument: a kind that is not known here, or a field that jobs of this kind do not have is
// set; the message names it.
Status CheckFieldsOfKind(const v1::JobSpec& spec);

}  // namespace weft::coordinator
