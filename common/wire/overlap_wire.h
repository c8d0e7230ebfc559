// How a job's chunks overlap, as overlap.h computes with it.

#pragma once

#include <optional>

#include "common/plan/overlap.h"
#include "weft/v1/job.pb.h"

namespace weft {

// Of jobs whose chunks exchange nothing; nothing for those whose chunks read each other's latents.
std::optional<Overlap> OverlapOf(const v1::JobSpec& spec, const v1::Clip& clip);

}  // namespace weft
