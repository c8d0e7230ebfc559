// A job's progress, as clients see it.

#pragma once

#include "common/time.h"
#include "coordinator/core/floor.h"
#include "weft/v1/client.pb.h"

namespace weft::coordinator {

// Everything but the notes.
v1::JobStatus StatusOf(const Job& job, const Floor& floor, Time now);

}  // namespace weft::coordinator
