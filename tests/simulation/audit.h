// Watches a run: what must hold after every event, what was promised to whom, and, if asked, what
// happened. The first breach counts; what comes after it follows from it.

#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "coordinator/core/effects.h"
#include "coordinator/core/event.h"
#include "coordinator/core/floor.h"
#include "tests/coordinator/core/fence_watch.h"
#include "tests/simulation/blobs.h"
#include "tests/simulation/disk.h"
#include "tests/simulation/timeline.h"

namespace weft::simulation {

class Audit {
 public:
  // timeline, disk: outlive this. traces: keeps lines for people.
  Audit(const Timeline& timeline, const Disk& disk, bool traces)
      : timeline_(timeline), disk_(disk), traces_(traces) {}

  void Breach(const std::string& what);
  // Empty when all is well.
  [[nodiscard]] const std::string& Found() const { return found_; }

  [[nodiscard]] bool Traces() const { return traces_; }
  void Trace(const std::string& line);
  [[nodiscard]] const std::vector<std::string>& Lines() const { return lines_; }

  // A new life of the coordinator has read the disk: all that was ever acknowledged is there.
  void AfterRestore(const coordinator::Floor& floor);

  // The blob has rotted: whoever was about to read it finds nothing, and is stopped.
  void OnRot(const std::string& key) { rotten_.insert(key); }
  [[nodiscard]] bool IsRotten(const std::string& key) const { return rotten_.count(key) > 0; }

  // Outputs were lost, and these tasks are to run again: what was promised of them is void.
  void OnRunAgain(const coordinator::Floor& floor, const std::set<TaskId>& tasks);

  // Around each event of the core.
  void BeforeEvent(const coordinator::Floor& floor, const coordinator::Event& event);
  void AfterEvent(const coordinator::Floor& floor,
                  const coordinator::Event& event,
                  const coordinator::Effects& effects);

  // After a turn's batch is on disk.
  void AfterTurn(const coordinator::Floor& floor);

  // Blobs were dropped: what a task reads, or will read, must still be there.
  void AfterDrop(const coordinator::Floor& floor, const Blobs& blobs);

  // All jobs have ended and the farm has swept: nothing of a job that is done is left,
  // and nothing of attempts that others have followed.
  void AtTheEnd(const coordinator::Floor& floor, const Blobs& blobs);

  // Records are about to be written over what is on disk.
  void BeforeCommit(const std::vector<coordinator::Record>& records);

  // The message is about to be sent: what it says must be on disk.
  void BeforeSend(const coordinator::Message& message);

  // A process begins with an attempt. `process`: its peer-independent name.
  void OnStart(const AttemptId& attempt, const std::string& process);

  // From now on the worker's word counts for nothing.
  void OnLiar(const std::string& worker) { liars_.insert(worker); }

  // A result comes in whose outputs are not there as it says. While it may still count, what an
  // honest worker has stored must be.
  void OnLie(const coordinator::Floor& floor, const v1::TaskCompleted& completed);

  // How many results workers were told are safe; only ever more.
  [[nodiscard]] std::size_t Results() const { return results_; }

  // On disk, the task has a result, or its job is forgotten; or the job was begun anew by another
  // version after the attempt, whose inputs may be gone.
  [[nodiscard]] bool IsOver(const AttemptId& attempt) const;

  // How often other versions had begun the job anew when this life of the coordinator began to
  // work.
  [[nodiscard]] std::size_t CountBeginnings(const std::string& job, std::uint64_t epoch) const;

 private:
  [[nodiscard]] std::optional<v1::LedgerRecord> OnDisk(const std::string& key) const;
  void Promise(const AttemptId& attempt);
  // That what runs again for its lost outputs has another number. False: it is none of these.
  bool CheckRunAgain(const v1::LedgerRecord& before, const v1::LedgerRecord& after);
  // That only jobs are forgotten that have ended. False: the record is of none that is.
  bool CheckForgetting(const coordinator::Record& record,
                       const std::vector<coordinator::Record>& batch);
  [[nodiscard]] bool IsForgotten(const std::string& job) const;  // On disk.
  // What the disk has as forgotten is forgotten, and nothing else is; and it stays so.
  void NoteForgotten(const coordinator::Floor& floor);
  // Nothing that was said of the job holds any more.
  void ReleasePromises(const JobId& job);
  // Looks which jobs other versions have begun anew, as the disk says. What was brought to them
  // before counts no more.
  void NoteBeginnings(const coordinator::Floor& floor);
  // That only the first batch of a life undoes what was done, and only for a job that it begins
  // anew; what runs again must have another number. False: it does not concern such a job.
  bool CheckBeginning(const v1::LedgerRecord& before,
                      const v1::LedgerRecord& after,
                      const std::vector<coordinator::Record>& batch);

  const Timeline& timeline_;
  const Disk& disk_;
  const bool traces_;
  std::string found_;
  std::vector<std::string> lines_;
  std::optional<coordinator::FenceWatch> fence_;
  std::uint64_t turns_ = 0;
  std::map<TaskId, AttemptId> committed_;  // Results whose workers were told that they are safe.
  std::set<TaskId> lost_;                  // Tasks that were to run again for lost outputs.
  std::set<std::string> rotten_;           // Keys of blobs.
  std::set<std::string> accepted_;         // Jobs whose clients were told their names.
  std::set<std::string> liars_;            // Workers.
  std::set<std::string> forgetting_;       // Jobs, as far as the coordinator wanted to.
  std::set<std::string> forgotten_;        // Jobs whose clients were told so.
  std::size_t results_ = 0;
  bool is_restored_ = false;  // A life has begun, and its first batch is not known to be on disk.
  std::map<std::string, std::uint32_t> pictures_;  // By job: whose, as the disk said last.
  std::map<std::string, std::set<std::uint64_t>> beginnings_;  // By job: epochs that began it anew.
  std::map<std::pair<TaskId, std::pair<std::uint32_t, std::uint64_t>>, std::string> started_;
};

}  // namespace weft::simulation
