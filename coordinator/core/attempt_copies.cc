// Second attempts beside first ones that take too long: of AttemptLife, see its header.

#include <cassert>
#include <utility>

#include "coordinator/core/attempt_life.h"
#include "coordinator/core/straggler.h"
#include "coordinator/core/task_message.h"

namespace weft::coordinator {
namespace {

constexpr Duration kLookPeriod{1000};

}  // namespace

void AttemptLife::CopyStragglers(Time now, Effects& effects) {
  if (now < next_look_ || floor_.workers.IdleCount() == 0 || floor_.leases.All().empty()) {
    return;
  }
  next_look_ = now + kLookPeriod;
  for (const TaskId& id : FindStragglers(floor_, now)) {
    Task& task = *floor_.tasks.Find(id);
    if (const auto idle = FindIdle(task, floor_)) {
      StartCopy(task, *floor_.workers.Find(*idle), now, effects);
    }
  }
}

std::optional<Time> AttemptLife::NextStragglerLook() const {
  if (floor_.held.has_value() || floor_.workers.IdleCount() == 0 || floor_.leases.All().empty()) {
    return std::nullopt;
  }
  return next_look_;
}

void AttemptLife::StartCopy(Task& task, const Worker& worker, Time now, Effects& effects) {
  const Lease elder = *floor_.leases.Find(task.id);
  floor_.leases.Release(task.id);
  const Status granted = floor_.elders.Grant(elder.attempt, elder.holder, now);
  assert(granted.has_value());  // A task that has an elder is no straggler.
  static_cast<void>(granted);
  Tell(*floor_.jobs.Find(task.id.job),
       {.text = Name(task.id) + " takes long on " + elder.holder.worker.value +
                " and is tried on " + worker.self.worker.value + " as well",
        .task = Name(task.id),
        .worker = worker.self.worker.value},
       effects);
  floor_.tasks.StartCopy(task, floor_.epoch, worker.self);
  Begin(task, worker, now, effects);
}

bool AttemptLife::IsElder(const AttemptId& attempt, const Holder& holder) const {
  const Lease* elder = floor_.elders.Find(attempt.task);
  return elder != nullptr && elder->attempt == attempt && elder->holder == holder;
}

void AttemptLife::EndElder(const Lease& elder, Effects& effects) {
  const AttemptId attempt = elder.attempt;
  floor_.elders.Release(attempt.task);
  ++floor_.totals.attempts_abandoned;
  effects.drops.push_back(OutputPrefix(attempt));
}

void AttemptLife::EndRivals(const Task& task, Effects& effects) {
  for (LeaseTable* table : {&floor_.leases, &floor_.elders}) {
    const Lease* found = table->Find(task.id);
    if (found == nullptr) {
      continue;
    }
    const Lease rival = *found;
    table->Release(task.id);
    ++floor_.totals.attempts_abandoned;
    TellToStop(rival, floor_, effects);
    effects.drops.push_back(OutputPrefix(rival.attempt));
  }
}

}  // namespace weft::coordinator
