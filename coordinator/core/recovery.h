// A new life of the coordinator takes up where the ledger says the last one ended.

#pragma once

#include <vector>

#include "common/result.h"
#include "coordinator/core/effects.h"
#include "coordinator/core/floor.h"

namespace weft::coordinator {

// Fills the empty `floor` from `records` (in any order; none for the first life ever) and begins
// the next epoch, which is recorded in the effects. Attempts that were running keep their lease for
// one term: their workers may come back and go on. kUnsupported: a record of a newer version.
// kDataLoss: records that do not fit together.
Status Recover(const std::vector<Record>& records, Time now, Floor& floor, Effects& effects);

// Attempts of jobs not yet done that are done but did not bring all that is planned now: an earlier
// version of Weft planned less. Those that others still wait for have to run again.
std::vector<AttemptId> LackingOutputs(const Floor& floor);

}  // namespace weft::coordinator
