// What must hold after every event, whatever happened.

#pragma once

#include <map>
#include <optional>
#include <string>

#include "coordinator/core/floor.h"

namespace weft::coordinator {

// The ledger as a disk holds it.
using ModelDisk = std::map<std::string, v1::LedgerRecord>;

// What is broken; nothing when all is well.
// * A running task has exactly one lease, its latest attempt's; nobody holds a lease on another
// task.
// * A worker holds at most one lease; older lives of a connected worker hold none.
// * A task that runs has all its inputs.
// * Disk and memory agree on every task of a running job.
std::optional<std::string> FindBreach(const Floor& floor, const ModelDisk& disk);

// Whether writing `after` over `before` keeps the promise that committed results stay.
std::optional<std::string> FindBreach(const v1::LedgerRecord& before,
                                      const v1::LedgerRecord& after);

}  // namespace weft::coordinator
