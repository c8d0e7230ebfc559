// `anchors: from:JOB`: the job whose anchors another one attends to, and whose noise map it takes.

#pragma once

#include <string>
#include <vector>

#include "common/result.h"
#include "weft/v1/client.pb.h"
#include "weft/v1/view.pb.h"

namespace weft::cli {

// Lets the job attend to what `source` keeps, once that is done: sets its look_path and terms.
// The source may attend to those of a third itself, which are then those of all.
// kFailedPrecondition: the source failed, was cancelled, or has no anchors that are kept.
// kInvalidArgument: its anchors do not fit: another model, size, schedule, sampler or number of
// controls. What is not known yet, the size of a clip that was not probed, is left to the probe.
Status AttendTo(const v1::JobDetails& source, v1::SubmitJob& job);

// The same for jobs that are handed in together. sources: of each job the name of the one that it
// attends to, or "". What is the name of a job further up is taken for the nearest of those, which
// then keeps its anchors beside its output, where it was not told to elsewhere; its entry in
// `sources` becomes "". What is left names jobs of the farm, also where a job further up attends to
// one of those. Errors as AttendTo().
Status AttendWithin(std::vector<v1::SubmitJob>& jobs, std::vector<std::string>& sources);

}  // namespace weft::cli
