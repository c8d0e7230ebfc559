// Makes a failing run as small as it gets while it still fails.

#pragma once

#include "tests/simulation/scenario.h"

namespace weft::simulation {

// Leaves out faults, noise, jobs, workers and frames, one at a time, as long as the run still
// breaks a promise. Returns `failing` itself when nothing can be left out.
Scenario Shrink(Scenario failing);

}  // namespace weft::simulation
