// The farm in numbers.

#pragma once

#include "coordinator/core/floor.h"
#include "weft/v1/view.pb.h"

namespace weft::coordinator {

// Takes time linear in jobs and kinds of workers, not in tasks.
v1::FarmStatus StatusOf(const Floor& floor);

}  // namespace weft::coordinator
