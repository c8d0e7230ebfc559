// Jobs that wait for others to be done.

#pragma once

#include <optional>
#include <string>

#include "common/error.h"
#include "coordinator/core/job_table.h"
#include "weft/v1/client.pb.h"

namespace weft::coordinator {

// Whether the terms name jobs that can be waited for.
// kInvalidArgument: too many.  kNotFound: there is no such job.  kFailedPrecondition: it has ended,
// and is not done.
Status CheckOrder(const v1::JobTerms& terms, const JobTable& jobs);

// kFailedPrecondition: one of them has ended, and is not done. One that is not here any more was.
Status CheckNotInVain(const v1::JobTerms& terms, const JobTable& jobs);

// The first that the job waits for; nullptr: it waits for none any more.
const Job* FirstNotDone(const v1::JobTerms& terms, const JobTable& jobs);

// Of a job that waits for one that ended without being done: "job j-1 (night), which it waits for,
// failed".
Error WaitsInVain(const Job& ended);

}  // namespace weft::coordinator
