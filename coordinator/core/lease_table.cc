#include "coordinator/core/lease_table.h"

#include <algorithm>
#include <cassert>

namespace weft::coordinator {
namespace {

// Sorts before every task of the job.
TaskId FirstOf(const JobId& job) {
  return {.job = job, .stage = Stage::kProbe};
}

}  // namespace

LeaseTable::LeaseTable(Duration term, Duration patience) : term_(term), patience_(patience) {
  assert(term > Duration::zero() && patience > Duration::zero());
}

Status LeaseTable::Grant(const AttemptId& attempt, const Holder& holder, Time now) {
  const Lease lease{attempt, holder, now + term_, now, 0, now + patience_};
  if (!leases_.emplace(attempt.task, lease).second) {
    return Failure(ErrorCode::kAlreadyExists, Name(attempt.task) + " is already leased");
  }
  by_expiry_.emplace(lease.expiry, attempt.task);
  by_stall_.emplace(lease.stall, attempt.task);
  by_worker_.emplace(holder.worker, attempt.task);
  return {};
}

bool LeaseTable::Renew(const AttemptId& attempt, const Holder& holder, double fraction, Time now) {
  const auto held = leases_.find(attempt.task);
  if (held == leases_.end() || held->second.attempt != attempt || held->second.holder != holder) {
    return false;
  }
  by_expiry_.erase({held->second.expiry, attempt.task});
  held->second.expiry = now + term_;
  by_expiry_.emplace(held->second.expiry, attempt.task);
  if (fraction > held->second.fraction) {
    by_stall_.erase({held->second.stall, attempt.task});
    held->second.fraction = fraction;
    held->second.stall = now + patience_;
    by_stall_.emplace(held->second.stall, attempt.task);
  }
  return true;
}

void LeaseTable::Hand(const TaskId& task, const Holder& heir, Time now) {
  Lease& lease = leases_.at(task);
  assert(lease.holder.worker == heir.worker);
  lease.holder = heir;
  Renew(lease.attempt, heir, lease.fraction, now);
}

void LeaseTable::Release(const TaskId& task) {
  const auto held = leases_.find(task);
  if (held != leases_.end()) {
    Erase(held);
  }
}

std::vector<Lease> LeaseTable::Expire(Time now) {
  std::vector<Lease> expired;
  while (!by_expiry_.empty() && by_expiry_.begin()->first <= now) {
    const auto held = leases_.find(by_expiry_.begin()->second);
    expired.push_back(held->second);
    Erase(held);
  }
  return expired;
}

std::vector<Lease> LeaseTable::Stall(Time now) {
  std::vector<Lease> stalled;
  while (!by_stall_.empty() && by_stall_.begin()->first <= now) {
    const auto held = leases_.find(by_stall_.begin()->second);
    stalled.push_back(held->second);
    Erase(held);
  }
  return stalled;
}

std::optional<Time> LeaseTable::NextExpiry() const {
  if (by_expiry_.empty()) {
    return std::nullopt;
  }
  return std::min(by_expiry_.begin()->first, by_stall_.begin()->first);
}

const Lease* LeaseTable::Find(const TaskId& task) const {
  const auto held = leases_.find(task);
  return held == leases_.end() ? nullptr : &held->second;
}

bool LeaseTable::Holds(const WorkerId& worker) const {
  const auto first = by_worker_.lower_bound({worker, TaskId{}});
  return first != by_worker_.end() && first->first == worker;
}

std::vector<Lease> LeaseTable::HeldBy(const WorkerId& worker) const {
  std::vector<Lease> held;
  for (auto it = by_worker_.lower_bound({worker, TaskId{}});
       it != by_worker_.end() && it->first == worker; ++it) {
    held.push_back(leases_.at(it->second));
  }
  return held;
}

std::vector<Lease> LeaseTable::OfJob(const JobId& job) const {
  std::vector<Lease> held;
  for (auto it = leases_.lower_bound(FirstOf(job)); it != leases_.end() && it->first.job == job;
       ++it) {
    held.push_back(it->second);
  }
  return held;
}

void LeaseTable::Erase(Leases::iterator lease) {
  by_expiry_.erase({lease->second.expiry, lease->first});
  by_stall_.erase({lease->second.stall, lease->first});
  by_worker_.erase({lease->second.holder.worker, lease->first});
  leases_.erase(lease);
}

}  // namespace weft::coordinator
