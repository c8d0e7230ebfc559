// Which ready task goes to which idle worker.

#pragma once

#include <optional>

#include "coordinator/core/task_table.h"
#include "coordinator/core/worker_table.h"

namespace weft::coordinator {

struct Assignment {
  TaskId task;
  WorkerId worker;
};

// The next task to start; nothing when no idle worker can take a ready task.
//
// Tasks go in the order of TaskTable::Ready to the first idle worker that has their device. A task
// that ended in an error is kept from the worker of that error while another worker could take it.
std::optional<Assignment> PlaceNext(const TaskTable& tasks, const WorkerTable& workers);

}  // namespace weft::coordinator
