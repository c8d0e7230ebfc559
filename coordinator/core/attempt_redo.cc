// Tasks that were done and have to run again: of AttemptLife, see its header.

#include "coordinator/core/attempt_life.h"
#include "coordinator/core/task_message.h"

namespace weft::coordinator {

std::set<TaskId> AttemptLife::RunAgain(const std::vector<AttemptId>& damaged, Effects& effects) {
  std::set<TaskId> undone;
  for (const AttemptId& attempt : damaged) {
    Task* const task = floor_.tasks.Find(attempt.task);
    const bool counts =
        task != nullptr && task->state == TaskState::kDone && task->IsLatest(attempt);
    if (counts && task->readers_missing > 0 &&
        floor_.jobs.Find(task->id.job)->state != JobState::kDone) {
      Undo(*task, undone, effects);
    }
  }
  return undone;
}

void AttemptLife::Undo(Task& task, std::set<TaskId>& undone, Effects& effects) {
  for (Task* const reader : task.readers) {
    StopReader(*reader, effects);
  }
  effects.drops.push_back(OutputPrefix(task.LatestAttempt()));  // Before it has another number.
  // What was dropped when its last reader was done, which is that no more.
  std::vector<Task*> dropped;
  for (Task* const source : task.sources) {
    if (source->readers_missing == 0 && source->state == TaskState::kDone) {
      dropped.push_back(source);
    }
  }
  floor_.tasks.Undo(task);
  effects.records.push_back(task.ToRecord());
  undone.insert(task.id);
  Tell(*floor_.jobs.Find(task.id.job),
       {.level = Note::Level::kWarning,
        .text = "outputs of " + Name(task.id) + " are lost, and it runs again",
        .task = Name(task.id)},
       effects);
  for (Task* const source : dropped) {
    Undo(*source, undone, effects);
  }
}

void AttemptLife::StopReader(Task& reader, Effects& effects) {
  if (reader.state != TaskState::kRunning) {
    return;
  }
  EndRivals(reader, effects);
  // Its outputs are being dropped: should it end all the same and be told of, it counts no more.
  TaskTable::Spend(reader);
  Requeue(reader, Time{}, effects);
}

}  // namespace weft::coordinator
