// The one place where stages call the deflicker engine.

#pragma once

#include <vector>

#include "common/plan/frames.h"
#include "common/result.h"
#include "weft/v1/task.pb.h"
#include "worker/frame/frame.h"

namespace weft::worker {

// kInvalidArgument: the engine cannot smooth frames of this size with the job's options; says why.
Status CheckSmoothing(const v1::JobSpec& job, const v1::Clip& clip);

// The frames of `core`, each smoothed over its window as the task's job says.
//
// core:     a part of the core of the task's chunk.
// guides:   the source's frames of the chunk's halo; nullptr: the pictures are their own guides.
// pictures: the frames to smooth, for the same numbers and of the same size.
//
// kInvalidArgument: counts or sizes differ, or as CheckSmoothing().
Result<std::vector<Frame>> Smooth(const v1::Task& task,
                                  FrameRange core,
                                  const std::vector<Frame>* guides,
                                  const std::vector<Frame>& pictures);

}  // namespace weft::worker
