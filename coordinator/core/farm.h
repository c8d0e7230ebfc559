// The whole coordinator as a state machine: what happens and the time go in, what to do comes out.
// No sockets, files, threads, clock, logging or random source inside: the same events at the same
// times give the same effects. One thread.

#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/result.h"
#include "common/time.h"
#include "coordinator/core/attempt_life.h"
#include "coordinator/core/client_desk.h"
#include "coordinator/core/effects.h"
#include "coordinator/core/event.h"
#include "coordinator/core/floor.h"
#include "coordinator/core/job_life.h"
#include "coordinator/core/view_desk.h"
#include "coordinator/core/worker_desk.h"

namespace weft::coordinator {

class Farm {
 public:
  explicit Farm(FarmOptions options);
  Farm(const Farm&) = delete;
  Farm& operator=(const Farm&) = delete;
  ~Farm() = default;

  // Begins this life with what the ledger holds; no records for the first life ever. Called once,
  // before anything else; its effects count like those of an event.
  // kUnsupported: a record of a newer version.  kDataLoss: records that do not fit together.
  Result<Effects> Restore(const std::vector<Record>& records, Time now);

  // `now` never goes back. Also does whatever was due by `now`; but who was silent for too long is
  // found, and leases end, with a Tick alone.
  // The effects' records must be on disk before its messages are sent, and before the next life
  // begins with another farm. When they cannot be written, this farm must be given up.
  Effects Handle(const Event& event, Time now);

  // The same, behind what `effects` holds already: of many events, for one batch.
  void Handle(const Event& event, Time now, Effects& effects);

  // From now on no task starts and no new job is accepted, for want of room to record them; what
  // runs goes on to its end. Nothing: there is room again. Running jobs are told of every change.
  void Hold(const std::optional<std::string>& why, Time now, Effects& effects);

  // Outputs of these attempts turned out to be lost or damaged. Where somebody still reads them,
  // their tasks run again, and so do those before them whose outputs were dropped since. Returns
  // the tasks that run again.
  std::set<TaskId> RunAgain(const std::vector<AttemptId>& damaged, Time now, Effects& effects);

  // Of blobs with these keys, those that nobody can need any more: what earlier lives have left
  // behind. What is unneeded once stays so. Keys of other forms, and of
  // jobs that are not known, are left alone.
  [[nodiscard]] std::set<std::string> FindUnneeded(const std::vector<std::string>& keys) const;

  // Has results dropped whose time is over since this was last called, or this life began. To be
  // called now and then.
  void DropPastResults(Time now, Effects& effects);

  // Forgets jobs whose time is over (FarmOptions::job_keep). To be called now and then.
  void ForgetPastJobs(Time now, Effects& effects);

  // When a Tick has something to do; nothing while the farm waits for messages only.
  [[nodiscard]] std::optional<Time> NextWakeup() const;

  // For looking at.
  [[nodiscard]] const Floor& State() const { return floor_; }

 private:
  void Route(const Event& event, Time now, Effects& effects);
  // What may begin, or be said, by now.
  void GoOn(Time now, Effects& effects);
  void Route(const MessageArrived& arrived, Time now, Effects& effects);

  Floor floor_;
  JobLife jobs_{floor_};
  AttemptLife attempts_{floor_, jobs_};
  WorkerDesk workers_{floor_, attempts_};
  ClientDesk clients_{floor_, jobs_};
  ViewDesk views_{floor_};
};

}  // namespace weft::coordinator
