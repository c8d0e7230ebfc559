#include "tests/coordinator/core/fence_watch.h"

#include <algorithm>

#include "common/wire/ids_wire.h"

namespace weft::coordinator {
namespace {

bool IsOwn(const AttemptId& attempt, const Holder& worker, const Floor& floor) {
  const Task* task = floor.tasks.Find(attempt.task);
  const Lease* elder = floor.elders.Find(attempt.task);
  const bool latest = task != nullptr && task->LatestAttempt() == attempt && task->holder == worker;
  return latest || (elder != nullptr && elder->attempt == attempt && elder->holder == worker);
}

std::vector<AttemptId> AbandonedBy(const PeerId& peer, const Effects& effects) {
  std::vector<AttemptId> abandoned;
  for (const Message& message : effects.messages) {
    for (const auto* abandon :
         {&message.body.worker_verdict().abandon(), &message.body.worker_welcome().abandon()}) {
      for (const v1::AttemptId& attempt : *abandon) {
        if (message.to == peer) {
          abandoned.push_back(*FromWire(attempt));
        }
      }
    }
  }
  return abandoned;
}

}  // namespace

FenceWatch::FenceWatch(const Floor& floor, const Event& event, Time now) {
  const auto* arrived = std::get_if<MessageArrived>(&event);
  if (arrived != nullptr && arrived->message.has_worker_hello()) {
    LookAt(arrived->from, arrived->message.worker_hello(), floor);
    return;
  }
  const Worker* worker = arrived == nullptr ? nullptr : floor.workers.OfPeer(arrived->from);
  if (worker == nullptr) {
    return;
  }
  from_ = arrived->from;
  const v1::ToCoordinator& message = arrived->message;
  for (const v1::RunningAttempt& running : message.worker_heartbeat().running()) {
    const AttemptId attempt = *FromWire(running.attempt());
    if (!IsOwn(attempt, worker->self, floor)) {
      foreign_.push_back(attempt);
    }
  }
  for (const v1::AttemptId* wire :
       {&message.task_completed().attempt(), &message.task_failed().attempt()}) {
    const Result<AttemptId> attempt = FromWire(*wire);
    if (attempt && !IsOwn(*attempt, worker->self, floor)) {
      LookAt(*attempt, floor, now);
    }
  }
}

std::optional<std::string> FenceWatch::FindBreach(const Floor& floor,
                                                  const Effects& effects) const {
  const std::vector<AttemptId> abandoned = AbandonedBy(from_, effects);
  for (const AttemptId& attempt : foreign_) {
    if (std::find(abandoned.begin(), abandoned.end(), attempt) == abandoned.end()) {
      return "a worker may go on with an attempt at " + Name(attempt.task) + " that is not its own";
    }
  }
  for (const Footprint& before : untouchable_) {
    if (auto change = FindChange(before, floor); change.has_value()) {
      return change;
    }
  }
  return std::nullopt;
}

void FenceWatch::LookAt(const PeerId& from, const v1::WorkerHello& hello, const Floor& floor) {
  from_ = from;
  const Holder self{{hello.worker()}, {hello.instance()}};
  const Worker* known = floor.workers.Find(self.worker);
  if (known == nullptr || known->self != self) {
    return;  // A life that is fenced is told to stop altogether.
  }
  for (const v1::AttemptId& wire : hello.running()) {
    const AttemptId attempt = *FromWire(wire);
    if (!IsOwn(attempt, self, floor)) {
      foreign_.push_back(attempt);
    }
  }
}

void FenceWatch::LookAt(const AttemptId& attempt, const Floor& floor, Time now) {
  const Task* task = floor.tasks.Find(attempt.task);
  if (task == nullptr) {
    return;
  }
  Footprint before{.task = task->id,
                   .done = task->state == TaskState::kDone,
                   .failures = task->failures,
                   .leased = std::nullopt};
  const Lease* lease = floor.leases.Find(task->id);
  if (lease != nullptr && lease->expiry > now) {
    before.leased = lease->attempt;
  }
  untouchable_.push_back(before);
}

std::optional<std::string> FenceWatch::FindChange(const Footprint& before,
                                                  const Floor& floor) const {
  const Task& task = *floor.tasks.Find(before.task);
  const Lease* lease = floor.leases.Find(before.task);
  if (before.done != (task.state == TaskState::kDone) || before.failures != task.failures) {
    return "a late outcome of " + Name(task.id) + " counted";
  }
  const Lease* elder = floor.elders.Find(before.task);
  const bool is_elder = elder != nullptr && before.leased == elder->attempt;
  if (before.leased.has_value() && !is_elder &&
      (lease == nullptr || lease->attempt != *before.leased)) {
    return "a late outcome of " + Name(task.id) + " ended another attempt's lease";
  }
  return std::nullopt;
}

}  // namespace weft::coordinator
