// The first stage: what clip this is and how the job will treat it. Needs no LibTorch, so that the
// command line can plan a job without a worker.

#pragma once

#include <cstdint>

#include "common/result.h"
#include "weft/v1/job.pb.h"

namespace weft::worker {

// Opens every clip of the job and what CheckModel() reads, and resolves what the specification
// leaves open: frame range, output size, padded size, scenes. Reads each frame of the job once.
// kInvalidArgument: one of them cannot serve this job; says what to change.
// kNotFound, kPermissionDenied: a file is missing or closed to us.
Result<v1::Clip> ProbeClip(const v1::JobSpec& job);

// kInvalidArgument: a clip of control maps with `map_count` frames does not reach the job's last
// frame; names both.
Status CheckMapCount(const v1::Control& control, std::uint32_t map_count, const v1::Clip& clip);

}  // namespace weft::worker
