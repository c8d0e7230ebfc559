// Which worker holds which attempt, and until when.
//
// A lease is a promise with an end: a task belongs to one attempt of one worker until its expiry; a
// heartbeat that lists the attempt extends it; a lease that ends unextended gives the task back.
//
// Source: Gray & Cheriton, "Leases" (SOSP 1989).

#pragma once

#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "common/ids.h"
#include "common/result.h"
#include "common/time.h"
#include "coordinator/core/holder.h"

namespace weft::coordinator {

struct Lease {
  AttemptId attempt;
  Holder holder;
  Time expiry;
};

class LeaseTable {
 public:
  // REQUIRES: term > 0.
  explicit LeaseTable(Duration term);

  // Leases the attempt's task to `holder` until `now + term`.
  // kAlreadyExists: the task is leased; a task has at most one holder.
  Status Grant(const AttemptId& attempt, const Holder& holder, Time now);

  // Extends the lease to `now + term`. False, and no effect, when `holder` does not hold this
  // attempt.
  bool Renew(const AttemptId& attempt, const Holder& holder, Time now);

  // Ends the task's lease, if there is one.
  void Release(const TaskId& task);

  // Ends every lease with expiry <= now and returns them, ordered by expiry.
  std::vector<Lease> Expire(Time now);

  // When Expire() next has something to do; nothing if no task is leased.
  [[nodiscard]] std::optional<Time> NextExpiry() const;

  [[nodiscard]] const Lease* Find(const TaskId& task) const;
  [[nodiscard]] bool Holds(const WorkerId& worker) const;
  [[nodiscard]] std::vector<Lease> HeldBy(const WorkerId& worker) const;
  [[nodiscard]] std::vector<Lease> OfJob(const JobId& job) const;

 private:
  using Leases = std::map<TaskId, Lease>;

  void Erase(Leases::iterator lease);

  Duration term_;
  Leases leases_;
  // The same leases, by end and by worker.
  std::set<std::pair<Time, TaskId>> by_expiry_;
  std::set<std::pair<WorkerId, TaskId>> by_worker_;
};

}  // namespace weft::coordinator
