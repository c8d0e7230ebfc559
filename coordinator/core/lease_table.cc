#include "coordinator/core/lease_table.h"

#include <algorithm>
#include <cassert>
#include <iterator>

namespace weft::coordinator {
namespace {

// Of leases that end at the same time, the order must not depend on who was heard first.
void Sort(std::vector<Lease>& leases, Time Lease::*end) {
  std::sort(leases.begin(), leases.end(), [&](const Lease& a, const Lease& b) {
    return a.*end < b.*end || (a.*end == b.*end && a.attempt.task < b.attempt.task);
  });
}

template <typename Line>
std::vector<Lease> ByTask(const Line& line) {
  std::vector<Lease> leases;
  leases.reserve(line.size());
  std::transform(line.begin(), line.end(), std::back_inserter(leases),
                 [](const auto& lease) { return *lease; });
  std::sort(leases.begin(), leases.end(),
            [](const Lease& a, const Lease& b) { return a.attempt.task < b.attempt.task; });
  return leases;
}

}  // namespace

LeaseTable::LeaseTable(Duration term, Duration patience) : term_(term), patience_(patience) {
  assert(term > Duration::zero() && patience > Duration::zero());
}

Status LeaseTable::Grant(const AttemptId& attempt, const Holder& holder, Time now) {
  const auto [place, is_new] = places_.try_emplace(attempt.task);
  if (!is_new) {
    return Failure(ErrorCode::kAlreadyExists, Name(attempt.task) + " is already leased");
  }
  assert(leases_.empty() || leases_.back().expiry <= now + term_);
  const auto lease =
      leases_.insert(leases_.end(), {attempt, holder, now + term_, now, 0, now + patience_});
  const auto append = [&](Lines& line) { return line.insert(line.end(), lease); };
  place->second = {lease, append(by_stall_), append(of_jobs_[attempt.task.job]),
                   append(of_workers_[holder.worker])};
  return {};
}

bool LeaseTable::Renew(const AttemptId& attempt, const Holder& holder, double fraction, Time now) {
  const auto held = places_.find(attempt.task);
  if (held == places_.end() || held->second.lease->attempt != attempt ||
      held->second.lease->holder != holder) {
    return false;
  }
  Extend(held->second, now);
  Lease& lease = *held->second.lease;
  if (fraction > lease.fraction) {
    lease.fraction = fraction;
    lease.stall = now + patience_;
    by_stall_.splice(by_stall_.end(), by_stall_, held->second.by_stall);
  }
  return true;
}

void LeaseTable::Hand(const TaskId& task, const Holder& heir, Time now) {
  const Place& place = places_.at(task);
  assert(place.lease->holder.worker == heir.worker);
  place.lease->holder = heir;
  Extend(place, now);
}

void LeaseTable::Release(const TaskId& task) {
  const auto held = places_.find(task);
  if (held != places_.end()) {
    Erase(held);
  }
}

std::vector<Lease> LeaseTable::Expire(Time now) {
  std::vector<Lease> expired;
  while (!leases_.empty() && leases_.front().expiry <= now) {
    expired.push_back(leases_.front());
    Erase(places_.find(expired.back().attempt.task));
  }
  Sort(expired, &Lease::expiry);
  return expired;
}

std::vector<Lease> LeaseTable::Stall(Time now) {
  std::vector<Lease> stalled;
  while (!by_stall_.empty() && by_stall_.front()->stall <= now) {
    stalled.push_back(*by_stall_.front());
    Erase(places_.find(stalled.back().attempt.task));
  }
  Sort(stalled, &Lease::stall);
  return stalled;
}

std::optional<Time> LeaseTable::NextExpiry() const {
  if (leases_.empty()) {
    return std::nullopt;
  }
  return std::min(leases_.front().expiry, by_stall_.front()->stall);
}

const Lease* LeaseTable::Find(const TaskId& task) const {
  if (leases_.empty()) {
    return nullptr;  // One of the two tables of a farm is empty most of the time.
  }
  const auto held = places_.find(task);
  return held == places_.end() ? nullptr : &*held->second.lease;
}

bool LeaseTable::Holds(const WorkerId& worker) const {
  const Lines* const of_worker = leases_.empty() ? nullptr : of_workers_.Find(worker);
  return of_worker != nullptr && !of_worker->empty();
}

std::vector<Lease> LeaseTable::HeldBy(const WorkerId& worker) const {
  const Lines* const of_worker = of_workers_.Find(worker);
  return of_worker == nullptr ? std::vector<Lease>() : ByTask(*of_worker);
}

std::vector<Lease> LeaseTable::OfJob(const JobId& job) const {
  const auto of_job = of_jobs_.find(job);
  return of_job == of_jobs_.end() ? std::vector<Lease>() : ByTask(of_job->second);
}

void LeaseTable::Extend(const Place& place, Time now) {
  place.lease->expiry = now + term_;
  leases_.splice(leases_.end(), leases_, place.lease);
}

void LeaseTable::Erase(Places::iterator held) {
  const Place place = held->second;
  by_stall_.erase(place.by_stall);
  of_workers_.At(place.lease->holder.worker).erase(place.of_worker);
  const auto of_job = of_jobs_.find(place.lease->attempt.task.job);
  of_job->second.erase(place.of_job);
  if (of_job->second.empty()) {
    of_jobs_.erase(of_job);
  }
  leases_.erase(place.lease);
  places_.erase(held);
}

}  // namespace weft::coordinator
