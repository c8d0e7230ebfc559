// Attempts from their start to their end, fenced: a result counts only if it comes from the task's
// latest attempt, from the worker life that was given it. Every change is recorded in the effects.

#pragma once

#include <optional>
#include <set>
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

  // When StartReady() next looks for those that take too long.
  [[nodiscard]] std::optional<Time> NextStragglerLook() const;

  // What is to become of an outcome that a worker reports.
  enum class Verdict { kCommitted, kSuperseded };

  struct Success {
    const AttemptId& attempt;
    const Holder& holder;
    const v1::TaskResult& result;
    const std::optional<std::string>& lie;  // See MessageArrived.
  };

  // The outputs become visible to other tasks. An outcome that was committed before stays so.
  // A result whose lease has ended still counts while no newer attempt was started. One that cannot
  // be true is held against the worker.
  Verdict Complete(const Success& success, Time now, Effects& effects);

  struct Failure {
    FailureClass kind = FailureClass::kTaskError;
    Error error;
    std::string log = {};  // Its last lines.
  };

  // The task waits for another try, or it is given up and its job fails.
  Verdict Fail(const AttemptId& attempt,
               const Holder& holder,
               const Failure& failure,
               Time now,
               Effects& effects);

  // Whether such an attempt was ever given to this worker, as far as can be told. An attempt that
  // was never given to anyone, or is another worker's, is a claim that cannot be true.
  [[nodiscard]] bool IsPlausible(const AttemptId& attempt, const Holder& holder) const;

  // A later life of a worker has kept the result of an attempt: it holds it as if it had run it.
  // False: the attempt is not that worker's (any more).
  bool Inherit(const AttemptId& attempt, const Holder& heir, Time now, Effects& effects);

  // The holder still runs the attempt, and `fraction` of it (0 to 1) is done.
  // False: the attempt is not the holder's (any more), who must stop it.
  bool Renew(const AttemptId& attempt, const Holder& holder, double fraction, Time now);

  // Everything that older lives of the worker hold is lost with them.
  void Fence(const Holder& newest, Time now, Effects& effects);

  // The worker holds more than it `mentioned`: assignments that were granted by `before` and were
  // lost on their way are sent again. A worker that has their outcomes already ignores them.
  void Remind(const Worker& worker,
              const std::vector<AttemptId>& mentioned,
              Time before,
              Effects& effects);

  // The holder leaves of its own will: what it holds runs elsewhere, and nothing is counted.
  void Withdraw(const Holder& holder, Time now, Effects& effects);

  // Leases that ended, and attempts that stopped moving: they are lost.
  void ExpireLeases(Time now, Effects& effects);

  // Outputs of these attempts turned out to be lost or damaged. Where somebody still reads them,
  // their tasks run again, and so do those before them whose outputs were dropped since; readers
  // that run already are stopped. Returns the tasks that run again.
  std::set<TaskId> RunAgain(const std::vector<AttemptId>& damaged, Effects& effects);

  // The worker claims what cannot be true. Often enough, and it is set aside.
  void Offend(const WorkerId& worker, const std::string& what, Time now, Effects& effects);
  void SetAside(const WorkerId& worker, const std::string& why, Time now, Effects& effects);
  // Workers whose time aside is over are given tasks again.
  void Forgive(Time now, Effects& effects);

 private:
  void Start(Task& task, const Worker& worker, Time now, Effects& effects);
  // What every new attempt brings with it. REQUIRES: the task is running, and not leased.
  void Begin(Task& task, const Worker& worker, Time now, Effects& effects);
  // Starts second attempts where the first take too long; looks once a second.
  void CopyStragglers(Time now, Effects& effects);
  void StartCopy(Task& task, const Worker& worker, Time now, Effects& effects);
  // The attempt is that of a worker beside which a younger one was started.
  [[nodiscard]] bool IsElder(const AttemptId& attempt, const Holder& holder) const;
  // It came to nothing. The younger attempt goes on.
  void EndElder(const Lease& elder, Effects& effects);
  // With all that it read and that was dropped since.
  void Undo(Task& task, std::set<TaskId>& undone, Effects& effects);
  // What it reads is lost.
  void StopReader(Task& reader, Effects& effects);
  // Another attempt was first.
  void EndRivals(const Task& task, Effects& effects);
  // The result of the task's latest attempt counts; no other does.
  void Commit(Task& task, const v1::TaskResult& result, Effects& effects);
  // The job keeps to the numeric class of the worker that computes its first pictures.
  void Confine(Job& job, const Task& task, const Worker& worker, Effects& effects);
  void SendAssignment(const Task& task, const Worker& worker, Effects& effects);
  [[nodiscard]] bool IsLatest(const Task& task,
                              const AttemptId& attempt,
                              const Holder& holder) const;
  // Of a task that runs twice. False: this was its first run, or the two disagree and the job has
  // failed.
  bool Verify(Task& task, const Outputs& outputs, Effects& effects);
  // The attempt ended in a failure that counts.
  void Count(Task& task, const Failure& failure, Time now, Effects& effects);
  // The attempt ended with its worker.
  void Lose(const Lease& lease, const std::string& why, Time now, Effects& effects);
  // The worker failed at a task.
  void Blame(const Task& task, FailureClass failure, Time now, Effects& effects);
  // What the task was the last to read.
  static void DropRead(const Task& done, Effects& effects);
  void Requeue(Task& task, Time not_before, Effects& effects);
  // The task is given up, and its job with it.
  void GiveUp(Task& task, const Failure& failure, Effects& effects);

  Floor& floor_;
  JobLife& jobs_;
  Time next_look_{};
};

}  // namespace weft::coordinator
