// The first stage: what clip this is and how the job will treat it. Needs no LibTorch, so that the
// command line can plan a job without a worker.

#pragma once

#include "common/result.h"
#include "weft/v1/job.pb.h"

namespace weft::worker {

// Opens the source and the model's configuration and resolves what the specification leaves open:
// frame range, output size, padded size, scenes.
// kInvalidArgument: the source or the model cannot serve this job; says what to change.
// kNotFound, kPermissionDenied: a file is missing or closed to us.
Result<v1::Clip> ProbeClip(const v1::JobSpec& job);

}  // namespace weft::worker
