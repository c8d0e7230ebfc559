// What becomes of workers by how they do: of AttemptLife, see its header.

#include <chrono>
#include <string>

#include "coordinator/core/attempt_life.h"

namespace weft::coordinator {

void AttemptLife::Offend(const WorkerId& worker,
                         const std::string& what,
                         Time now,
                         Effects& effects) {
  effects.notes.push_back({.level = Note::Level::kWarning,
                           .text = "worker claims what cannot be: " + what,
                           .worker = worker.value});
  if (floor_.conduct.CountOffence(worker)) {
    SetAside(worker, what, now, effects);
  }
}

void AttemptLife::SetAside(const WorkerId& worker,
                           const std::string& why,
                           Time now,
                           Effects& effects) {
  if (floor_.conduct.IsAside(worker)) {
    return;
  }
  const Time until = floor_.conduct.SetAside(worker, now);
  floor_.workers.SetBarred(worker, WorkerTable::Bar::kAside, true);
  const auto span = std::chrono::duration_cast<std::chrono::seconds>(until - now);
  effects.notes.push_back(
      {.level = Note::Level::kWarning,
       .text = "worker is set aside for " + std::to_string(span.count()) + " s: " + why,
       .worker = worker.value});
}

void AttemptLife::Forgive(Time now, Effects& effects) {
  for (const WorkerId& worker : floor_.conduct.Forgive(now)) {
    floor_.workers.SetBarred(worker, WorkerTable::Bar::kAside, false);
    effects.notes.push_back({.text = "worker is given tasks again", .worker = worker.value});
  }
}

void AttemptLife::Blame(const Task& task, FailureClass failure, Time now, Effects& effects) {
  if (failure == FailureClass::kWorkerLost) {
    return;  // There is none any more.
  }
  const WorkerId worker = task.holder.worker;
  TaskTable::Avoid(*floor_.tasks.Find(task.id), worker);
  if (failure == FailureClass::kBusy) {
    return;  // Perhaps not the worker's fault, but what it lacks may be at hand elsewhere.
  }
  // The last worker that could do the work goes on: a bad one is better than none.
  if (floor_.conduct.CountError(worker, task.id) &&
      floor_.workers.CountAble(*task.requirement) > 1) {
    SetAside(worker, "it failed at one task after the other", now, effects);
  }
}

}  // namespace weft::coordinator
