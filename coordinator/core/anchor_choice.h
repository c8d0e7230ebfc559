// Which frames of a job are anchors, and which of these the frames of a chunk attend to.

#pragma once

#include <cstdint>
#include <vector>

#include "common/plan/frames.h"
#include "common/result.h"
#include "weft/v1/job.pb.h"

namespace weft::coordinator {

// Those that the user gives, or at even distance and after every scene cut; ascending.
std::vector<std::uint32_t> AnchorsOf(const v1::JobSpec& spec, const v1::Clip& clip);

// kInvalidArgument: one that the user gives is no frame of the job; says which.
Status CheckAnchorFrames(const v1::JobSpec& spec, const v1::Clip& clip);

// Union over the frames of `core`, ascending. anchors: of the whole job, ascending; may be none.
std::vector<std::uint32_t> AnchorsAttendedBy(FrameRange core,
                                             const std::vector<std::uint32_t>& anchors,
                                             const v1::JobSpec& spec,
                                             const v1::Clip& clip);

}  // namespace weft::coordinator
