// The one place where stages call the deflicker engine.

#pragma once

#include <cstdint>
#include <vector>

#include "common/plan/frames.h"
#include "common/result.h"
#include "weft/v1/task.pb.h"
#include "worker/deflicker/deflicker.h"
#include "worker/frame/frame.h"
#include "worker/stages/job_clip.h"

namespace weft::worker {

// kInvalidArgument: the engine cannot smooth frames of this size with the job's options; says why.
Status CheckSmoothing(const v1::JobSpec& job, const v1::Clip& clip);

// Scene starts for a task that sees nothing beyond its halo: those of the clip, and where the halo
// begins and ends. Ascending.
std::vector<std::uint32_t> ScenesWithinHalo(const v1::Task& task);

// The frames of `core`, each smoothed over its window as the task's job says.
//
// core:     a part of the core of the task's chunk.
// guides:   the source's frames of the chunk's halo; nullptr: the pictures are their own guides.
// pictures: the frames to smooth, for the same numbers and of the same size.
// scene_starts: ascending, the first is 0; no window goes across one.
//
// kInvalidArgument: counts or sizes differ, or as CheckSmoothing().
Result<std::vector<Frame>> Smooth(const v1::Task& task,
                                  FrameRange core,
                                  const std::vector<Frame>* guides,
                                  const std::vector<Frame>& pictures,
                                  const std::vector<std::uint32_t>& scene_starts);

// Hands over the frames of the core of a deflicker job's chunk, one after the other, read from the
// job's clips as they are needed: only those of one window, and key frames, are held. Errors as
// CheckSmoothing(), ReadFrame(), ReadGuides(), ReadKey() and those of `take`.
Status SmoothClip(const v1::Task& task, WarmClip& clips, const deflicker::TakeFrame& take);

}  // namespace weft::worker
