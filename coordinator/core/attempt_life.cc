#include "coordinator/core/attempt_life.h"

#include <algorithm>
#include <cassert>
#include <map>
#include <utility>

#include "coordinator/core/placement.h"
#include "coordinator/core/task_message.h"

namespace weft::coordinator {
namespace {

std::map<std::string, v1::BlobRef> ByName(const v1::TaskResult& result) {
  std::map<std::string, v1::BlobRef> outputs;
  for (const v1::Output& output : result.outputs()) {
    outputs.emplace(output.name(), output.blob());
  }
  return outputs;
}

Note About(const Task& task, std::string text) {
  return {.level = Note::Level::kWarning,
          .text = std::move(text),
          .task = Name(task.id),
          .worker = task.holder.worker.value};
}

}  // namespace

void AttemptLife::StartReady(Time now, Effects& effects) {
  if (floor_.held.has_value()) {
    return;
  }
  while (const auto next = PlaceNext(floor_.tasks, floor_.workers)) {
    Start(*floor_.tasks.Find(next->task), *floor_.workers.Find(next->worker), now, effects);
  }
}

void AttemptLife::Start(Task& task, const Worker& worker, Time now, Effects& effects) {
  Job& job = *floor_.jobs.Find(task.id.job);
  job.pace.Begin(now, floor_.tasks.Tally(job.id).WorkDone());
  floor_.tasks.Start(task, floor_.epoch, worker.self);
  // A waiting task has no lease: every path that makes it wait ends its lease first.
  const Status granted = floor_.leases.Grant(task.LatestAttempt(), worker.self, now);
  assert(granted.has_value());
  static_cast<void>(granted);
  floor_.workers.SetBusy(worker.self.worker, true);
  effects.records.push_back(task.ToRecord());
  SendAssignment(task, worker, effects);
  job.news.Touch();
}

void AttemptLife::SendAssignment(const Task& task, const Worker& worker, Effects& effects) {
  Message assignment{worker.peer, {}};
  *assignment.body.mutable_assign_task()->mutable_task() =
      ToMessage(task, *floor_.jobs.Find(task.id.job), floor_.tasks);
  effects.messages.push_back(std::move(assignment));
}

AttemptLife::Verdict AttemptLife::Complete(const AttemptId& attempt,
                                           const Holder& holder,
                                           const v1::TaskResult& result,
                                           Time now,
                                           Effects& effects) {
  Task* task = floor_.tasks.Find(attempt.task);
  if (task == nullptr || !IsLatest(*task, attempt, holder)) {
    return Verdict::kSuperseded;
  }
  if (task->state == TaskState::kDone) {
    return Verdict::kCommitted;  // Told again, because the acknowledgement was lost.
  }
  Job& job = *floor_.jobs.Find(task->id.job);
  if (job.state != JobState::kRunning) {
    return Verdict::kSuperseded;
  }
  const bool leased = floor_.leases.Find(task->id) != nullptr;
  floor_.leases.Release(task->id);
  const Status outputs = CheckOutputs(*task, result);
  if (!outputs && leased) {
    CountError(*task, outputs.error(), now, effects);
  }
  if (!outputs) {
    return Verdict::kSuperseded;
  }
  floor_.tasks.Complete(*task, ByName(result));
  effects.records.push_back(task->ToRecord());
  job.news.Touch();
  if (result.micro_batch() > 0) {
    Tell(job,
         About(*task, holder.worker.value + " ran short of memory in " + Name(task->id) +
                          " and went on with " + std::to_string(result.micro_batch()) +
                          " frames a pass"),
         effects);
  }
  if (task->id.stage == Stage::kProbe) {
    jobs_.Plan(job, result.clip(), effects);
  } else if (task->id.stage == Stage::kAssemble) {
    jobs_.Finish(job, effects);
  }
  return Verdict::kCommitted;
}

AttemptLife::Verdict AttemptLife::Fail(const AttemptId& attempt,
                                       const Holder& holder,
                                       const Error& error,
                                       Time now,
                                       Effects& effects) {
  const Lease* lease = floor_.leases.Find(attempt.task);
  if (lease == nullptr || lease->attempt != attempt || lease->holder != holder) {
    return Verdict::kSuperseded;
  }
  Task& task = *floor_.tasks.Find(attempt.task);
  floor_.leases.Release(task.id);
  switch (Classify(error.code())) {
    case FailureClass::kWithdrawn:
      Requeue(task, now, effects);
      break;
    case FailureClass::kFinal:
      GiveUp(task, error, effects);
      break;
    case FailureClass::kTaskError:
      CountError(task, error, now, effects);
      break;
  }
  return Verdict::kCommitted;
}

bool AttemptLife::Renew(const AttemptId& attempt, const Holder& holder, double fraction, Time now) {
  if (!floor_.leases.Renew(attempt, holder, now)) {
    return false;
  }
  // A comparison that is false for what is not a number, too.
  const double sane = fraction > 0 ? std::min(fraction, 1.0) : 0;
  floor_.tasks.Advance(*floor_.tasks.Find(attempt.task), sane);
  return true;
}

void AttemptLife::Fence(const Holder& newest, Time now, Effects& effects) {
  for (const Lease& lease : floor_.leases.HeldBy(newest.worker)) {
    if (lease.holder != newest) {
      floor_.leases.Release(lease.attempt.task);
      Lose(lease, "worker " + newest.worker.value + " started anew", now, effects);
    }
  }
}

void AttemptLife::Remind(const Worker& worker,
                         const std::vector<AttemptId>& mentioned,
                         Effects& effects) {
  for (const Lease& lease : floor_.leases.HeldBy(worker.self.worker)) {
    if (std::find(mentioned.begin(), mentioned.end(), lease.attempt) == mentioned.end()) {
      SendAssignment(*floor_.tasks.Find(lease.attempt.task), worker, effects);
    }
  }
}

void AttemptLife::Withdraw(const Holder& holder, Time now, Effects& effects) {
  for (const Lease& lease : floor_.leases.HeldBy(holder.worker)) {
    if (lease.holder == holder) {
      floor_.leases.Release(lease.attempt.task);
      Requeue(*floor_.tasks.Find(lease.attempt.task), now, effects);
    }
  }
}

void AttemptLife::ExpireLeases(Time now, Effects& effects) {
  for (const Lease& lease : floor_.leases.Expire(now)) {
    Lose(lease, "worker " + lease.holder.worker.value + " was lost", now, effects);
  }
}

bool AttemptLife::IsLatest(const Task& task, const AttemptId& attempt, const Holder& holder) const {
  return task.LatestAttempt() == attempt && task.holder == holder;
}

void AttemptLife::CountError(Task& task, const Error& error, Time now, Effects& effects) {
  floor_.tasks.CountError(task);
  const RetryLimits& limits = floor_.options.retry;
  if (task.errors >= limits.errors_max) {
    GiveUp(task, error.Within("try " + std::to_string(task.errors)), effects);
    return;
  }
  Tell(*floor_.jobs.Find(task.id.job),
       About(task, Name(task.id) + " failed on " + task.holder.worker.value +
                       " and is tried again (" + std::to_string(task.errors) + " of " +
                       std::to_string(limits.errors_max) + " tries used): " + error.message()),
       effects);
  Requeue(task, now + Backoff(limits, task.errors), effects);
}

void AttemptLife::Lose(const Lease& lease, const std::string& why, Time now, Effects& effects) {
  Task& task = *floor_.tasks.Find(lease.attempt.task);
  // What began under an earlier life of the coordinator may have died with it: no mark against the
  // task.
  if (lease.attempt.epoch == floor_.epoch) {
    floor_.tasks.CountWorkerLost(task);
  }
  if (task.workers_lost >= floor_.options.retry.workers_lost_max) {
    GiveUp(task,
           {ErrorCode::kUnavailable, std::to_string(task.workers_lost) +
                                         " workers were lost while they ran it; last: " + why},
           effects);
    return;
  }
  Tell(*floor_.jobs.Find(task.id.job), About(task, why + "; " + Name(task.id) + " runs again"),
       effects);
  Requeue(task, now, effects);
}

void AttemptLife::Requeue(Task& task, Time not_before, Effects& effects) {
  floor_.tasks.Requeue(task, not_before);
  effects.records.push_back(task.ToRecord());
}

void AttemptLife::GiveUp(Task& task, const Error& error, Effects& effects) {
  floor_.tasks.Fail(task);
  effects.records.push_back(task.ToRecord());
  jobs_.Fail(*floor_.jobs.Find(task.id.job), error.Within(Name(task.id)), effects);
}

}  // namespace weft::coordinator
