#include "coordinator/core/blob_need.h"

namespace weft::coordinator {

bool IsNeeded(const AttemptId& attempt, const Floor& floor) {
  const Task* task = floor.tasks.Find(attempt.task);
  if (task == nullptr) {
    return true;
  }
  const bool open = floor.jobs.Find(attempt.task.job)->state != JobState::kDone;
  const Lease* elder = floor.elders.Find(attempt.task);
  if (open && elder != nullptr && elder->attempt == attempt) {
    return true;
  }
  if (!open || task->LatestAttempt() != attempt) {
    return false;
  }
  return task->state != TaskState::kDone || task->readers_missing > 0;
}

}  // namespace weft::coordinator
