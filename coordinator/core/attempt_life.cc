#include "coordinator/core/attempt_life.h"

#include <algorithm>
#include <utility>

#include "common/utf8.h"
#include "coordinator/core/blob_need.h"
#include "coordinator/core/clip_check.h"
#include "coordinator/core/task_message.h"

namespace weft::coordinator {
namespace {

Outputs ByName(const v1::TaskResult& result) {
  Outputs outputs;
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

// The attempt's result is the task's, or that of the first of its two runs.
bool IsKept(const Task& task, const AttemptId& attempt, const Holder& holder) {
  if (task.state == TaskState::kDone && task.IsLatest(attempt)) {
    return task.holder.worker == holder.worker;
  }
  return task.first_run != nullptr && task.first_run->attempt == attempt.number &&
         task.first_run->worker == holder.worker;
}

// kInternal: the worker brings what cannot be.
Status CheckResult(const Job& job, const PlannedTask& plan, const AttemptLife::Success& success) {
  if (success.lie.has_value()) {
    return Failure(ErrorCode::kInternal, "the worker lies: " + *success.lie);
  }
  WEFT_RETURN_IF_ERROR(CheckOutputs(plan, success.attempt, success.result));
  return CheckFound(job, plan.place, success.result.clip());
}

}  // namespace

AttemptLife::Verdict AttemptLife::Complete(const Success& success, Time now, Effects& effects) {
  const AttemptId& attempt = success.attempt;
  const Holder& holder = success.holder;
  Task* task = floor_.tasks.Find(attempt.task);
  if (task != nullptr && IsKept(*task, attempt, holder)) {
    // Told again, because the acknowledgement was lost; perhaps by a later life, which kept it.
    return Verdict::kCommitted;
  }
  const bool is_elder = IsElder(attempt, holder);
  if (task == nullptr || task->state == TaskState::kDone ||
      !(is_elder || IsLatest(*task, attempt, holder))) {
    return Verdict::kSuperseded;
  }
  if (!IsOpen(floor_.jobs.Find(task->id.job)->state)) {
    return Verdict::kSuperseded;
  }
  const Lease* lease = (is_elder ? floor_.elders : floor_.leases).Find(task->id);
  const bool leased = lease != nullptr;
  const Status plausible = CheckResult(*floor_.jobs.Find(task->id.job), *task->plan, success);
  if (plausible && leased && lease->attempt.epoch == floor_.epoch) {
    floor_.paces.Count(task->id, task->plan->weight, now - lease->granted);
  }
  (is_elder ? floor_.elders : floor_.leases).Release(task->id);
  if (!plausible) {
    Offend(holder.worker, plausible.error().message(), now, effects);
    if (leased && !is_elder) {
      Count(*task, {FailureClass::kBadOutput, plausible.error()}, now, effects);
    }
    return Verdict::kSuperseded;
  }
  if (is_elder) {
    TaskTable::Prefer(*task, attempt, holder);
  }
  Commit(*task, success.result, effects);
  return Verdict::kCommitted;
}

void AttemptLife::Commit(Task& task, const v1::TaskResult& result, Effects& effects) {
  ++floor_.totals.attempts_done;
  EndRivals(task, effects);
  floor_.conduct.CountSuccess(task.holder.worker);
  if (task.runs_twice && !Verify(task, ByName(result), effects)) {
    return;
  }
  floor_.tasks.Complete(task, ByName(result));
  effects.records.push_back(task.ToRecord());
  Job& job = *floor_.jobs.Find(task.id.job);
  job.news.Touch();
  if (task.id.stage == Stage::kProbe && task.id.round != kProbePart) {
    jobs_.Plan(job, result.clip(), effects);
  }
  DropRead(task, effects);  // Not what the tasks that were planned just now will read.
  if (result.micro_batch() > 0) {
    Tell(job,
         About(task, task.holder.worker.value + " ran short of memory in " + Name(task.id) +
                         " and went on with " + std::to_string(result.micro_batch()) +
                         " frames a pass"),
         effects);
  }
  if (task.id.stage == Stage::kAssemble) {
    if (result.has_seams()) {
      job.seams = result.seams();
    }
    jobs_.Finish(job, effects);
  }
}

bool AttemptLife::Verify(Task& task, const Outputs& outputs, Effects& effects) {
  if (task.first_run == nullptr) {
    TaskTable::KeepFirstRun(task, outputs);
    TaskTable::Avoid(task, task.holder.worker);
    Requeue(task, Time{}, effects);
    return false;
  }
  const std::string first = task.first_run->worker.value;
  const std::string second = task.holder.worker.value;
  const auto differs = FindDisagreement(task.first_run->outputs, outputs);
  if (differs.has_value()) {
    GiveUp(task,
           {FailureClass::kBadOutput,
            Error(ErrorCode::kInternal, "verification: workers " + first + " and " + second +
                                            " brought different bytes of '" + *differs +
                                            "' from the same inputs"),
            ""},
           effects);
    return false;
  }
  Tell(*floor_.jobs.Find(task.id.job),
       {.text = Name(task.id) + " is verified: " +
                (first == second
                     ? "worker " + first + " brought the same bytes twice; there was no other"
                     : "workers " + first + " and " + second + " agree"),
        .task = Name(task.id)},
       effects);
  return true;
}

AttemptLife::Verdict AttemptLife::Fail(const AttemptId& attempt,
                                       const Holder& holder,
                                       const Failure& failure,
                                       Time now,
                                       Effects& effects) {
  if (IsElder(attempt, holder)) {
    EndElder(*floor_.elders.Find(attempt.task), effects);  // The younger one tells how it went.
    return Verdict::kCommitted;
  }
  const Lease* lease = floor_.leases.Find(attempt.task);
  if (lease == nullptr || lease->attempt != attempt || lease->holder != holder) {
    return Verdict::kSuperseded;
  }
  Task& task = *floor_.tasks.Find(attempt.task);
  floor_.leases.Release(task.id);
  floor_.totals.attempts_withdrawn += failure.kind == FailureClass::kWithdrawn ? 1 : 0;
  if (failure.kind == FailureClass::kWithdrawn) {
    Requeue(task, now, effects);
  } else if (failure.kind == FailureClass::kBadInput) {
    ++floor_.totals.attempts_failed;
    GiveUp(task, failure, effects);
  } else {
    Count(task, failure, now, effects);
  }
  return Verdict::kCommitted;
}

bool AttemptLife::IsPlausible(const AttemptId& attempt, const Holder& holder) const {
  const Task* task = floor_.tasks.Find(attempt.task);
  if (attempt.epoch < floor_.copied_epoch) {
    return true;  // Of a life that the copy knows nothing of.
  }
  if (task == nullptr) {
    return attempt.epoch <= floor_.epoch && floor_.jobs.WasForgotten(attempt.task.job);
  }
  if (attempt.number > task->starts || attempt.epoch > floor_.epoch) {
    return false;
  }
  if (attempt.number != task->attempt) {
    return true;  // Who ran other attempts is not known any more.
  }
  return attempt.epoch == task->epoch && task->holder.worker == holder.worker;
}

bool AttemptLife::Inherit(const AttemptId& attempt,
                          const Holder& heir,
                          Time now,
                          Effects& effects) {
  if (const Lease* elder = floor_.elders.Find(attempt.task);
      elder != nullptr && elder->attempt == attempt && elder->holder.worker == heir.worker) {
    floor_.elders.Hand(attempt.task, heir, now);
    return true;
  }
  const Lease* lease = floor_.leases.Find(attempt.task);
  if (lease == nullptr || lease->attempt != attempt || lease->holder.worker != heir.worker) {
    return false;
  }
  if (lease->holder != heir) {
    Task& task = *floor_.tasks.Find(attempt.task);
    floor_.leases.Hand(task.id, heir, now);
    TaskTable::Hand(task, heir);
    effects.records.push_back(task.ToRecord());
  }
  return true;
}

bool AttemptLife::Renew(const AttemptId& attempt, const Holder& holder, double fraction, Time now) {
  // A comparison that is false for what is not a number, too.
  const double sane = fraction > 0 ? std::min(fraction, 1.0) : 0;
  if (floor_.elders.Renew(attempt, holder, sane, now)) {
    return true;
  }
  if (!floor_.leases.Renew(attempt, holder, sane, now)) {
    return false;
  }
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
  for (const Lease& lease : floor_.elders.HeldBy(newest.worker)) {
    if (lease.holder != newest) {
      EndElder(lease, effects);
    }
  }
}

void AttemptLife::Remind(const Worker& worker,
                         const std::vector<AttemptId>& mentioned,
                         Time before,
                         Effects& effects) {
  for (const Lease& lease : floor_.leases.HeldBy(worker.self.worker)) {
    const bool known =
        std::find(mentioned.begin(), mentioned.end(), lease.attempt) != mentioned.end();
    if (!known && lease.granted <= before) {
      SendAssignment(*floor_.tasks.Find(lease.attempt.task), worker, effects);
    }
  }
}

void AttemptLife::Withdraw(const Holder& holder, Time now, Effects& effects) {
  for (const Lease& lease : floor_.leases.HeldBy(holder.worker)) {
    if (lease.holder == holder) {
      floor_.leases.Release(lease.attempt.task);
      ++floor_.totals.attempts_withdrawn;
      Requeue(*floor_.tasks.Find(lease.attempt.task), now, effects);
    }
  }
  for (const Lease& lease : floor_.elders.HeldBy(holder.worker)) {
    if (lease.holder == holder) {
      EndElder(lease, effects);
    }
  }
}

void AttemptLife::ExpireLeases(Time now, Effects& effects) {
  for (const Lease& elder : floor_.elders.Expire(now)) {
    EndElder(elder, effects);
  }
  for (const Lease& elder : floor_.elders.Stall(now)) {
    EndElder(elder, effects);
  }
  for (const Lease& lease : floor_.leases.Expire(now)) {
    Lose(lease, "worker " + lease.holder.worker.value + " was lost", now, effects);
  }
  for (const Lease& lease : floor_.leases.Stall(now)) {
    Count(*floor_.tasks.Find(lease.attempt.task),
          {FailureClass::kStalled, Error(ErrorCode::kUnavailable, "it did not move any more")}, now,
          effects);
  }
}

bool AttemptLife::IsLatest(const Task& task, const AttemptId& attempt, const Holder& holder) const {
  return task.IsLatest(attempt) && task.holder == holder;
}

void AttemptLife::Count(Task& task, const Failure& failure, Time now, Effects& effects) {
  if (!IsOpen(floor_.jobs.Find(task.id.job)->state)) {
    ++floor_.totals.attempts_abandoned;
    Requeue(task, Time{}, effects);  // Another lease that ended at this moment has failed the job.
    return;
  }
  const std::uint32_t count = floor_.tasks.CountFailure(task, failure.kind);
  ++(failure.kind == FailureClass::kWorkerLost ? floor_.totals.attempts_lost
                                               : floor_.totals.attempts_failed);
  Blame(task, failure.kind, now, effects);
  const RetryBudget& budget = floor_.options.retry.Of(failure.kind);
  const std::string tries = std::to_string(count) + " of " + std::to_string(budget.failures_max);
  if (count >= budget.failures_max) {
    GiveUp(task,
           {failure.kind, failure.error.Within(std::string(Name(failure.kind)) + " " + tries),
            failure.log},
           effects);
    return;
  }
  Tell(*floor_.jobs.Find(task.id.job),
       About(task, Name(task.id) + " failed on " + task.holder.worker.value +
                       " and is tried again (" + std::string(Name(failure.kind)) + " " + tries +
                       "): " + failure.error.message()),
       effects);
  Requeue(task, now + Backoff(budget, count), effects);
}

void AttemptLife::Lose(const Lease& lease, const std::string& why, Time now, Effects& effects) {
  Task& task = *floor_.tasks.Find(lease.attempt.task);
  // What began under an earlier life of the coordinator may have died with it: no mark against the
  // task.
  if (lease.attempt.epoch == floor_.epoch || !IsOpen(floor_.jobs.Find(task.id.job)->state)) {
    Count(task, {FailureClass::kWorkerLost, Error(ErrorCode::kUnavailable, why)}, now, effects);
    return;
  }
  ++floor_.totals.attempts_lost;
  Tell(*floor_.jobs.Find(task.id.job), About(task, why + "; " + Name(task.id) + " runs again"),
       effects);
  Requeue(task, now, effects);
}

void AttemptLife::DropRead(const Task& done, Effects& effects) {
  for (const Task* source : done.sources) {
    if (source->readers_missing == 0) {
      DropOutputs(*source, effects);
    }
  }
}

void AttemptLife::Requeue(Task& task, Time not_before, Effects& effects) {
  floor_.tasks.Requeue(task, not_before);
  effects.records.push_back(task.ToRecord());
}

void AttemptLife::GiveUp(Task& task, const Failure& failure, Effects& effects) {
  constexpr std::size_t kLogBytesMax = 16 << 10;
  floor_.tasks.Fail(task);
  effects.records.push_back(task.ToRecord());
  Job& job = *floor_.jobs.Find(task.id.job);
  job.log = LastBytes(failure.log, kLogBytesMax);
  jobs_.Fail(job, failure.error.Within(Name(task.id)), effects);
}

}  // namespace weft::coordinator
