// Which worker holds which attempt, and until when.
//
// A lease is a promise with an end: a task belongs to one attempt of one worker until its expiry; a
// heartbeat that lists the attempt extends it; a lease that ends unextended gives the task back.
//
// Source: Gray & Cheriton, "Leases" (SOSP 1989).

#pragma once

#include <list>
#include <optional>
#include <unordered_map>
#include <vector>

#include "common/ids.h"
#include "common/result.h"
#include "common/time.h"
#include "coordinator/core/holder.h"
#include "coordinator/core/recent_map.h"

namespace weft::coordinator {

struct Lease {
  AttemptId attempt;
  Holder holder;
  Time expiry;
  Time granted = {};
  double fraction = 0;  // Of the work, as last heard.
  Time stall = {};      // By then it must have moved on.
};

// Whatever happens to a lease takes the same time however many there are.
//
// REQUIRES: `now` never goes back from one call to the next.
class LeaseTable {
 public:
  // term: of a lease.  patience: an attempt must move at least this often. REQUIRES: both > 0.
  LeaseTable(Duration term, Duration patience);

  // Leases the attempt's task to `holder` until `now + term`.
  // kAlreadyExists: the task is leased; a task has at most one holder.
  Status Grant(const AttemptId& attempt, const Holder& holder, Time now);

  // Extends the lease to `now + term`. False, and no effect, when `holder` does not hold this
  // attempt. fraction: of the work that is done, 0 to 1; an attempt moves when it grows.
  bool Renew(const AttemptId& attempt, const Holder& holder, double fraction, Time now);

  // Another life of the same worker holds the attempt from now on.
  // REQUIRES: the task is leased to a life of that worker.
  void Hand(const TaskId& task, const Holder& heir, Time now);

  // Ends the task's lease, if there is one.
  void Release(const TaskId& task);

  // Ends every lease with expiry <= now and returns them, ordered by expiry and task.
  std::vector<Lease> Expire(Time now);

  // Ends every lease whose attempt has not moved for too long, and returns them; likewise ordered.
  std::vector<Lease> Stall(Time now);

  // When Expire() or Stall() next has something to do; nothing if no task is leased.
  [[nodiscard]] std::optional<Time> NextExpiry() const;

  // By expiry: the one that ends next is the first.
  [[nodiscard]] const std::list<Lease>& All() const { return leases_; }
  [[nodiscard]] const Lease* Find(const TaskId& task) const;
  [[nodiscard]] bool Holds(const WorkerId& worker) const;
  // Both in the order of their tasks.
  [[nodiscard]] std::vector<Lease> HeldBy(const WorkerId& worker) const;
  [[nodiscard]] std::vector<Lease> OfJob(const JobId& job) const;

 private:
  using Lines = std::list<std::list<Lease>::iterator>;

  // Where a lease stands in each order.
  struct Place {
    std::list<Lease>::iterator lease;
    Lines::iterator by_stall;
    Lines::iterator of_job;
    Lines::iterator of_worker;
  };
  using Places = std::unordered_map<TaskId, Place, IdHash>;

  void Extend(const Place& place, Time now);
  void Erase(Places::iterator held);

  Duration term_;
  Duration patience_;
  // All leases end a term after they were granted or extended, so whatever is extended goes to the
  // end; and so does, by its stall, what moves.
  std::list<Lease> leases_;
  Lines by_stall_;
  Places places_;
  std::unordered_map<JobId, Lines, IdHash> of_jobs_;  // None of them empty.
  RecentMap<WorkerId, Lines> of_workers_;             // Of all who ever held one.
};

}  // namespace weft::coordinator
