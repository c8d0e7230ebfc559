// The first stage: what clip this is and how the job will treat it. Needs no LibTorch, so that the
// command line can plan a job without a worker.
//
// A long clip is read in parts (common/plan/probe_parts.h): IndexClips() ─► ReadPart() of each part
// ─► JoinParts(). What is found is the same for any parts.

#pragma once

#include <cstdint>
#include <functional>

#include "common/plan/frames.h"
#include "common/result.h"
#include "weft/v1/job.pb.h"
#include "weft/v1/probe.pb.h"
#include "worker/stages/warm_clip.h"

namespace weft::worker {

// Opens every clip of the job and what CheckModel() reads, and resolves what the specification
// leaves open: frame range, output size, padded size, parts. No scenes yet: no more frames are
// decoded than it takes to open a clip.
// kInvalidArgument: one of them cannot serve this job; says what to change.
// kNotFound, kPermissionDenied: a file is missing or closed to us.
Result<v1::Clip> IndexClips(const v1::JobSpec& job, WarmClip& warm);

// Told after every frame which fraction of the part is read; what it returns ends the reading.
using PartWatch = std::function<Status(double)>;

// Reads each of these frames of the job once, and a few more at the end.
// clip: from IndexClips().  part: job frames.
// kInvalidArgument: a frame cannot be read; says which.  Others: from `watch`.
Result<v1::SceneChanges> ReadPart(const v1::JobSpec& job,
                                  const v1::Clip& clip,
                                  FrameRange part,
                                  const PartWatch& watch,
                                  WarmClip& warm);

// The clip, complete: with its scenes.
// changes: of all parts, one behind the other.
// kInvalidArgument: a shot without a key frame, where the job needs one in each.
// kDataLoss: the changes are not those of the whole clip.
Result<v1::Clip> JoinParts(const v1::JobSpec& job,
                           const v1::Clip& clip,
                           const v1::SceneChanges& changes,
                           WarmClip& warm);

// All of it at once.
Result<v1::Clip> ProbeClip(const v1::JobSpec& job);

// kInvalidArgument: a clip of control maps with `map_count` frames does not reach the job's last
// frame; names both.
Status CheckMapCount(const v1::Control& control, std::uint32_t map_count, const v1::Clip& clip);

}  // namespace weft::worker
