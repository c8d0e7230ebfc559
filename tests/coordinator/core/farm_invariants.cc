#include "tests/coordinator/core/farm_invariants.h"

#include <map>
#include <set>
#include <utility>

#include "common/wire/ids_wire.h"
#include "coordinator/core/result_keep.h"
#include "coordinator/core/retry_policy.h"

namespace weft::coordinator {
namespace {

// Bytes of the same build in the same process may be compared; this is much the fastest way.
bool Same(const v1::LedgerRecord& a, const v1::LedgerRecord& b) {
  return a.SerializeAsString() == b.SerializeAsString();
}

bool HasAllInputs(const Task& task, const Floor& floor) {
  for (const PlannedInput& input : task.plan->inputs) {
    const TaskId source{task.id.job, input.from.stage, input.from.chunk, input.from.round};
    const Task* found = floor.tasks.Find(source);
    if (found == nullptr || found->state != TaskState::kDone ||
        found->outputs.count(input.name) == 0) {
      return false;
    }
  }
  return true;
}

std::size_t CountLeases(const WorkerId& worker, const Floor& floor) {
  return floor.leases.HeldBy(worker).size() + floor.elders.HeldBy(worker).size();
}

// Of the attempt beside which a younger one was started.
std::optional<std::string> FindElderBreach(const Task& task, const Floor& floor) {
  const Lease* elder = floor.elders.Find(task.id);
  if (elder == nullptr) {
    return std::nullopt;
  }
  if (task.state == TaskState::kDone || !IsOpen(floor.jobs.Find(task.id.job)->state)) {
    return Name(task.id) + " is not wanted any more, and an elder attempt still counts";
  }
  if (elder->attempt == task.LatestAttempt() || CountLeases(elder->holder.worker, floor) != 1) {
    return "the elder attempt at " + Name(task.id) + " is leased twice";
  }
  const Worker* worker = floor.workers.Find(elder->holder.worker);
  if (worker != nullptr && worker->self != elder->holder) {
    return "the elder attempt at " + Name(task.id) + " is leased to an older life of " +
           elder->holder.worker.value;
  }
  if (task.id.stage == Stage::kAssemble ||
      (task.id.stage == Stage::kProbe && task.id.round == kProbeIndex)) {
    return Name(task.id) + " runs twice, and writes a file";
  }
  return std::nullopt;
}

std::optional<std::string> FindBreach(const Task& task, const Floor& floor) {
  const Lease* lease = floor.leases.Find(task.id);
  const bool running = task.state == TaskState::kRunning;
  if (running != (lease != nullptr)) {
    return Name(task.id) + (running ? " runs without a lease" : " is leased and does not run");
  }
  if (running && (lease->attempt != task.LatestAttempt() || lease->holder != task.holder)) {
    return Name(task.id) + " is leased to another attempt than its latest";
  }
  if (running && CountLeases(task.holder.worker, floor) != 1) {
    return "worker " + task.holder.worker.value + " holds several leases";
  }
  const Worker* worker = floor.workers.Find(task.holder.worker);
  if (running && worker != nullptr && worker->self != task.holder) {
    return Name(task.id) + " is leased to an older life of " + task.holder.worker.value;
  }
  if (running && !HasAllInputs(task, floor)) {
    return Name(task.id) + " runs before its inputs exist";
  }
  return FindElderBreach(task, floor);
}

std::optional<std::string> FindWrongSum(const Floor& floor) {
  std::map<std::string, std::uint64_t> sums;  // By user.
  for (const auto& [id, job] : floor.jobs.All()) {
    std::uint64_t& sum = sums[job.terms.user()];
    const Task* const writer = floor.tasks.Find({id, Stage::kAssemble, 0, 0});
    if (HasResult(job, floor) && writer != nullptr) {
      for (const auto& [name, blob] : writer->outputs) {
        sum += blob.size_bytes();
      }
    }
  }
  for (const auto& [user, sum] : sums) {
    const std::uint64_t said = floor.results.Of(user, floor.UnixMs()).bytes;
    if (said != sum) {
      return "results of '" + user + "' have " + std::to_string(sum) + " bytes, and " +
             std::to_string(said) + " are said";
    }
  }
  return std::nullopt;
}

// The worker that gives up a task of its own accord with this event; null when none does.
const Worker* Withdrawing(const Event& event, const Floor& floor) {
  const auto* arrived = std::get_if<MessageArrived>(&event);
  if (arrived == nullptr || !arrived->message.has_task_failed()) {
    return nullptr;
  }
  const auto code = static_cast<ErrorCode>(arrived->message.task_failed().error().code());
  return Classify(code) == FailureClass::kWithdrawn ? floor.workers.OfPeer(arrived->from) : nullptr;
}

// Why the worker should not be given the task; nothing when it may.
std::optional<std::string> WhyNot(const Task& task, const Worker& worker, const Floor& floor) {
  if (worker.leaving) {
    return "it leaves";
  }
  if (floor.workers.IsBarred(worker.self.worker, WorkerTable::Bar::kDrained)) {
    return "it is drained";
  }
  if (floor.workers.IsBarred(worker.self.worker, WorkerTable::Bar::kAside)) {
    return "it is set aside";
  }
  return FindLack(worker.capability, *task.requirement);
}

}  // namespace

std::optional<std::string> FindBadStart(const Event& event,
                                        const Floor& floor,
                                        const Effects& effects) {
  std::set<std::pair<std::string, PeerId>> assigned;  // Attempts, as bytes.
  for (const Message& message : effects.messages) {
    if (message.body.has_assign_task()) {
      assigned.emplace(message.body.assign_task().task().attempt().SerializeAsString(), message.to);
    }
  }
  const Worker* withdrawing = Withdrawing(event, floor);
  for (const Record& record : effects.records) {
    if (record.value.task().state() != v1::TASK_STATE_RUNNING) {
      continue;
    }
    const Task& task = *floor.tasks.Find(*FromWire(record.value.task().task()));
    const std::string attempt = ToWire(task.LatestAttempt()).SerializeAsString();
    const Worker* worker = floor.workers.Find(task.holder.worker);
    if (worker == nullptr || assigned.count({attempt, worker->peer}) == 0) {
      continue;  // An older attempt that only changed hands, or one that has ended again.
    }
    const auto why_not = worker == withdrawing
                             ? std::optional<std::string>("it has just given one back")
                             : WhyNot(task, *worker, floor);
    if (why_not.has_value()) {
      return Name(task.id) + " was given to worker " + worker->self.worker.value + ", although " +
             *why_not;
    }
  }
  return std::nullopt;
}

std::optional<std::string> FindBreach(const Floor& floor) {
  for (const Task* const known : floor.tasks.All()) {
    const Task& task = *known;
    if (auto breach = FindBreach(task, floor); breach.has_value()) {
      return breach;
    }
  }
  return FindWrongSum(floor);
}

std::optional<std::string> FindIdleness(const Floor& floor, Time now) {
  if (floor.workers.IdleCount() == 0) {
    return std::nullopt;
  }
  std::map<std::string, std::uint32_t> running;  // By user.
  for (const Task* const known : floor.tasks.All()) {
    const Task& task = *known;
    running[floor.jobs.Find(task.id.job)->terms.user()] +=
        task.state == TaskState::kRunning ? 1 : 0;
  }
  for (const Task* const known : floor.tasks.All()) {
    const Task& task = *known;
    const Job& job = *floor.jobs.Find(task.id.job);
    const bool open = IsOpen(job.state) && job.state != JobState::kPaused &&
                      running[job.terms.user()] < floor.options.user_running_max;
    // Where it failed it may not run again, so that it can wait for another worker.
    const bool may_start = open && task.state == TaskState::kWaiting && task.not_before <= now &&
                           task.avoids.empty() && HasAllInputs(task, floor);
    for (const auto& [worker_id, worker] : floor.workers.All()) {
      if (may_start && floor.workers.IsIdle(worker_id) &&
          !FindLack(worker.capability, *task.requirement).has_value()) {
        return Name(task.id) + " waits while worker " + worker_id.value + " is idle";
      }
    }
  }
  return std::nullopt;
}

std::optional<std::string> FindBreach(const v1::LedgerRecord& before,
                                      const v1::LedgerRecord& after) {
  const bool was_done = before.has_task() && before.task().state() == v1::TASK_STATE_DONE;
  if (was_done && !Same(before, after)) {
    return "a committed result was overwritten: " + before.ShortDebugString();
  }
  const auto ended_for_good = [](const v1::LedgerRecord& record) {
    return record.has_job() && record.job().state() == v1::JOB_STATE_DONE;
  };
  v1::LedgerRecord dropped = before;
  if (before.has_job() && before.job().result_dropped_unix_ms() == 0) {
    dropped.mutable_job()->set_result_dropped_unix_ms(after.job().result_dropped_unix_ms());
  }
  if (ended_for_good(before) && !Same(dropped, after)) {
    return "a job that was done changed: " + before.job().job();
  }
  if (before.has_epoch() && after.epoch().epoch() <= before.epoch().epoch()) {
    return "the epoch did not grow";
  }
  return std::nullopt;
}

}  // namespace weft::coordinator
