// How attempts begin: the part of AttemptLife that hands out tasks.

#include <cassert>
#include <memory>
#include <string>

#include "coordinator/core/attempt_life.h"
#include "coordinator/core/kept_look.h"
#include "coordinator/core/placement.h"
#include "coordinator/core/task_message.h"

namespace weft::coordinator {

void AttemptLife::StartReady(Time now, Effects& effects) {
  if (floor_.held.has_value()) {
    return;
  }
  while (const auto next = PlaceNext(floor_.jobs, floor_.workers, now, floor_.tasks)) {
    Start(next->task, next->worker, now, effects);
  }
  CopyStragglers(now, effects);
}

void AttemptLife::Start(Task& task, const Worker& worker, Time now, Effects& effects) {
  Job& job = *floor_.jobs.Find(task.id.job);
  if (job.state == JobState::kAccepted) {
    floor_.jobs.Move(job, JobState::kRunning);
    effects.records.push_back(job.ToRecord());
  }
  job.pace.Begin(now, task.of_job->tally.WorkDone());
  if (task.attempt > 0) {
    effects.drops.push_back(OutputPrefix(task.LatestAttempt()));  // From now on it cannot count.
  }
  floor_.tasks.Start(task, floor_.epoch, worker.self);
  Confine(job, task, worker, effects);
  Begin(task, worker, now, effects);
}

void AttemptLife::Begin(Task& task, const Worker& worker, Time now, Effects& effects) {
  Job& job = *floor_.jobs.Find(task.id.job);
  // A waiting task has no lease: every path that makes it wait ends its lease first.
  const Status granted = floor_.leases.Grant(task.LatestAttempt(), worker.self, now);
  assert(granted.has_value());
  static_cast<void>(granted);
  ++floor_.totals.attempts_started;
  floor_.workers.SetBusy(worker.self.worker, true);
  floor_.conduct.AllowForTask(worker.self.worker);
  effects.records.push_back(task.ToRecord());
  SendAssignment(task, worker, effects);
  job.news.Touch();
}

void AttemptLife::Confine(Job& job, const Task& task, const Worker& worker, Effects& effects) {
  const bool computes = task.requirement == &task.of_job->whole;
  const bool differs_by_class = !job.spec.device().empty();
  if (job.numeric_class.has_value() || job.spec.any_class() || !computes || !differs_by_class) {
    return;
  }
  job.numeric_class = worker.capability.numeric_class;
  floor_.tasks.Confine(job.id, *job.numeric_class);
  effects.records.push_back(job.ToRecord());
}

void AttemptLife::SendAssignment(const Task& task, const Worker& worker, Effects& effects) {
  Job& job = *floor_.jobs.Find(task.id.job);
  if (job.in_assignments == nullptr) {
    job.in_assignments = std::make_shared<const std::string>(BytesInAssignments(job));
  }
  Message& assignment = effects.messages.emplace_back(Message{worker.peer, {}, job.in_assignments});
  FillAssignment(task, job, floor_, *assignment.body.mutable_assign_task()->mutable_task());
}

}  // namespace weft::coordinator
