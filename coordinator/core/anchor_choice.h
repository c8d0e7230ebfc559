// Which of a job's anchors the frames of a chunk attend to.

#pragma once

#include <cstdint>
#include <vector>

#include "common/plan/frames.h"
#include "weft/v1/job.pb.h"

namespace weft::coordinator {

// Union over the frames of `core`, ascending. anchors: of the whole job, ascending; may be none.
std::vector<std::uint32_t> AnchorsAttendedBy(FrameRange core,
                                             const std::vector<std::uint32_t>& anchors,
                                             const v1::JobSpec& spec,
                                             const v1::Clip& clip);

}  // namespace weft::coordinator
