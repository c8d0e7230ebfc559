// How often workers speak: the more there are, the less often each, so that hearing that all of
// them live takes the coordinator about the same time whatever their number.

#pragma once

#include <cstddef>

#include "common/time.h"
#include "coordinator/core/floor.h"

namespace weft::coordinator {

// The pace of each of `worker_count` workers: options.heartbeat, doubled as long as all of them
// together would speak more often than options.heartbeats_per_second, and a lease is still renewed
// several times before it ends.
Duration HeartbeatPace(std::size_t worker_count, const FarmOptions& options);

}  // namespace weft::coordinator
