// Attempts from their start to their end, fenced: a result counts only if it comes from the task's
// latest attempt, from the worker life that was given it. Every change is recorded in the effects.

#pragma once

#include <string>
#include <vector>

#include "common/error.h"
#include "coordinator/core/effects.h"
#include "coordinator/core/floor.h"
#include "coordinator/core/job_life.h"
#include "weft/v1/task.pb.h"

namespace weft::coordinator {

class AttemptLife {
 public:
  // Both must outlive this.
  AttemptLife(Floor& floor, JobLife& jobs) : floor_(floor), jobs_(jobs) {}

  // Gives ready tasks to idle workers until either runs out.
  void StartReady(Time now, Effects& effects);

  // What is to become of an outcome that a worker reports.
  enum class Verdict { kCommitted, kSuperseded };

  // The outputs become visible to other tasks. An outcome that was committed before stays so.
  // A result whose lease has ended still counts while no newer attempt was started.
  Verdict Complete(const AttemptId& attempt,
                   const Holder& holder,
                   const v1::TaskResult& result,
                   Time now,
                   Effects& effects);

  // The task waits for another try, or its job fails.
  Verdict Fail(const AttemptId& attempt,
               const Holder& holder,
               const Error& error,
               Time now,
               Effects& effects);

  // The holder still runs the attempt, and `fraction` of it (0 to 1) is done.
  // False: the attempt is not the holder's (any more), who must stop it.
  bool Renew(const AttemptId& attempt, const Holder& holder, double fraction, Time now);

  // Everything that older lives of the worker hold is lost with them.
  void Fence(const Holder& newest, Time now, Effects& effects);

  // The worker holds more than it `mentioned` when it said hello: assignments that were lost on
  // their way, and are sent again. A worker that has their outcomes already may ignore them.
  void Remind(const Worker& worker, const std::vector<AttemptId>& mentioned, Effects& effects);

  // The holder leaves of its own will: what it holds runs elsewhere, and nothing is counted.
  void Withdraw(const Holder& holder, Time now, Effects& effects);

  // Leases that ended: their attempts are lost.
  void ExpireLeases(Time now, Effects& effects);

 private:
  void Start(Task& task, const Worker& worker, Time now, Effects& effects);
  void SendAssignment(const Task& task, const Worker& worker, Effects& effects);
  [[nodiscard]] bool IsLatest(const Task& task,
                              const AttemptId& attempt,
                              const Holder& holder) const;
  // The attempt ended in an error of the task's.
  void CountError(Task& task, const Error& error, Time now, Effects& effects);
  // The attempt ended with its worker.
  void Lose(const Lease& lease, const std::string& why, Time now, Effects& effects);
  void Requeue(Task& task, Time not_before, Effects& effects);
  // The task is given up, and its job with it.
  void GiveUp(Task& task, const Error& error, Effects& effects);

  Floor& floor_;
  JobLife& jobs_;
};

}  // namespace weft::coordinator
