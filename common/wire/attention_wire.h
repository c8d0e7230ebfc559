// A job's attention as frame_attention.h computes with it.

#pragma once

#include <optional>

#include "common/plan/frame_attention.h"
#include "weft/v1/job.pb.h"

namespace weft {

// Of jobs whose frames attend jointly; nothing for those whose frames need no other frame's latents
// of the same step: anchors, and the own frame alone.
std::optional<FrameAttention> JointAttentionOf(const v1::JobSpec& spec);

}  // namespace weft
