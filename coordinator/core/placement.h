// Which ready task goes to which idle worker.

#pragma once

#include <optional>

#include "common/time.h"
#include "coordinator/core/job_table.h"
#include "coordinator/core/task_table.h"
#include "coordinator/core/worker_table.h"

namespace weft::coordinator {

// Both live in their tables, which they must not leave before it is carried out.
struct Assignment {
  Task& task;
  const Worker& worker;
};

// The next task to start; nothing when no idle worker can take a ready task.
//
// Tasks go in the order of ReadyQueue to workers that have what they ask for, rather to one that
// says it has the job's model in memory. A task that failed somewhere is kept from that worker for
// half a minute while another could take it: it rests, so that it is in nobody's way.
std::optional<Assignment> PlaceNext(const JobTable& jobs,
                                    const WorkerTable& workers,
                                    Time now,
                                    TaskTable& tasks);

}  // namespace weft::coordinator
