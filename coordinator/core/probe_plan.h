// The tasks of a job's probe: one, or of a long clip
//
//   probe ─► probe part(0), probe part(1) … ─► probe join
// The parts are the clip's (v1::Clip.part_starts), whoever is there to read them. Nothing else of a
// job can be planned before its scenes are known.

#pragma once

#include "coordinator/core/chunk_plan.h"
#include "weft/v1/job.pb.h"

namespace weft::coordinator {

// Of the probe: another job's anchors, and the seed of its noise, where the frames attend to those.
inline constexpr const char* kLook = "look";

// Whether it is what a probe finds of a clip before it has read its parts.
bool IsIndex(const v1::Clip& clip);

// The probe alone, as far as it is known by then.
// clip: what its first task has found; null before.
JobPlan PlanProbe(const v1::JobSpec& spec, const v1::Clip* clip);

}  // namespace weft::coordinator
