#include "coordinator/core/placement.h"

namespace weft::coordinator {
namespace {

bool Avoids(const Task& task, const WorkerId& worker, const WorkerTable& workers) {
  const std::size_t able = task.device.empty() ? workers.size() : workers.CountOf(task.device);
  return task.errors > 0 && task.holder.worker == worker && able > 1;
}

// The first of `ready` that `worker` may take.
const ReadyTask* FirstFor(const Worker& worker,
                          const TaskTable::ReadyTasks& ready,
                          const TaskTable& tasks,
                          const WorkerTable& workers) {
  for (const ReadyTask& candidate : ready) {
    if (!Avoids(*tasks.Find(candidate.id), worker.self.worker, workers)) {
      return &candidate;
    }
  }
  return nullptr;
}

}  // namespace

std::optional<Assignment> PlaceNext(const TaskTable& tasks, const WorkerTable& workers) {
  if (!tasks.HasReady()) {
    return std::nullopt;  // The usual case; a large idle fleet need not be looked through.
  }
  for (const WorkerId& id : workers.Idle()) {
    const Worker& worker = *workers.Find(id);
    const ReadyTask* any = FirstFor(worker, tasks.Ready(""), tasks, workers);
    const ReadyTask* own = FirstFor(worker, tasks.Ready(worker.device), tasks, workers);
    const bool takes_any = any != nullptr && (own == nullptr || *any < *own);
    const ReadyTask* first = takes_any ? any : own;
    if (first != nullptr) {
      return Assignment{first->id, id};
    }
  }
  return std::nullopt;
}

}  // namespace weft::coordinator
