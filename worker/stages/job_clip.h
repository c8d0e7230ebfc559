// The frames of a job's clips, by job frame number and in the job's sizes.

#pragma once

#include <cstdint>
#include <vector>

#include "common/plan/frames.h"
#include "common/result.h"
#include "weft/v1/job.pb.h"
#include "worker/frame/frame.h"
#include "worker/stages/warm_clip.h"

namespace weft::worker {

// Source frames `range` (job numbers), fitted to the output's size.
Result<std::vector<Frame>> ReadFrames(const v1::JobSpec& job,
                                      const v1::Clip& clip,
                                      FrameRange range,
                                      WarmClip& warm);

// The guide's frames that belong to `range` (job numbers), in the output's size.
// REQUIRES: the job has a guide.  kInvalidArgument: see CheckGuide().
Result<std::vector<Frame>> ReadGuides(const v1::JobSpec& job,
                                      const v1::Clip& clip,
                                      FrameRange range,
                                      WarmClip& warm);

// The source's frame `frame` (a job number), in the output's size: stretched, not cut.
Result<Frame> ReadStretched(const v1::JobSpec& job,
                            const v1::Clip& clip,
                            std::uint32_t frame,
                            WarmClip& warm);

// The key frame of that job number. REQUIRES: the job has key frames, this one among them.
// kInvalidArgument: see CheckKeys(); the output has another size.
Result<Frame> ReadKey(const v1::JobSpec& job,
                      const v1::Clip& clip,
                      std::uint32_t frame,
                      WarmClip& warm);

// One frame, fitted to the output's size; with 16 bits a channel where the job has a high bit
// depth.
Result<Frame> ReadFrame(const v1::JobSpec& job,
                        const v1::Clip& clip,
                        std::uint32_t frame,
                        WarmClip& warm);

// The map of `control` for one frame, from its own clip (maps_path), fitted to the output's size.
// kInvalidArgument: the clip does not reach the job's last frame.
Result<Frame> ReadMap(const v1::Control& control,
                      const v1::Clip& clip,
                      std::uint32_t frame,
                      WarmClip& warm);

// The frame as the model sees it: padded by reflection to whole latents.
Frame Pad(const Frame& frame, const v1::Clip& clip);

std::vector<std::uint32_t> SceneStarts(const v1::Clip& clip);

FrameRange ToRange(const v1::FrameRange& range);

}  // namespace weft::worker
