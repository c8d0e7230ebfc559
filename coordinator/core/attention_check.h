// Whether what a render's frames and chunks see of each other makes sense, alone and beside the
// job's other fields.

#pragma once

#include "common/result.h"
#include "weft/v1/job.pb.h"

namespace weft::coordinator {

// kInvalidArgument: names the field, its value and what is allowed.
Status CheckAttention(const v1::JobSpec& spec);

}  // namespace weft::coordinator
