// What must hold after every event, whatever happened.

#pragma once

#include <map>
#include <optional>
#include <string>

#include "coordinator/core/effects.h"
#include "coordinator/core/event.h"
#include "coordinator/core/floor.h"

namespace weft::coordinator {

// The ledger as a disk holds it.
using ModelDisk = std::map<std::string, v1::LedgerRecord>;

// What is broken; nothing when all is well.
// * A running task has exactly one lease, its latest attempt's; nobody holds a lease on another
// task.
// * An elder attempt runs beside the latest only while the task and its job are open.
// * A worker holds at most one lease; older lives of a connected worker hold none.
// * A task that runs has all its inputs.
// * What is said of kept results is what the jobs say one by one.
std::optional<std::string> FindBreach(const Floor& floor);

// A task that could start now while a worker that could take it is idle; nothing when there is
// none. Looks at tasks and workers one by one, as the farm itself never does.
std::optional<std::string> FindIdleness(const Floor& floor, Time now);

// A task that the event let start on a worker that should have been left alone: one that is gone,
// leaves, is drained or set aside, lacks what the task asks for, or gave up a task with this very
// event and so is about to leave. Nothing when there is none. `floor` and `effects`: after it.
std::optional<std::string> FindBadStart(const Event& event,
                                        const Floor& floor,
                                        const Effects& effects);

// Whether writing `after` over `before` keeps the promise that committed results stay, unless
// somebody drops what a job has written.
std::optional<std::string> FindBreach(const v1::LedgerRecord& before,
                                      const v1::LedgerRecord& after);

}  // namespace weft::coordinator
