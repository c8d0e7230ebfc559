// Whether the options of a deflicker job go together.

#pragma once

#include "common/result.h"
#include "coordinator/cli/job_options.h"

namespace weft::cli {

// kInvalidArgument: an option that the job's mode, or its lack of a guide, would not read; the
// message begins with its name.
Status CheckDeflickerFields(const JobOptions& options);

}  // namespace weft::cli
