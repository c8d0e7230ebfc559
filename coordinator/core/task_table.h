// Every task of every job: its state, its latest attempt, what it waits for, and which tasks can
// start now, in the order in which they should.

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "common/ids.h"
#include "common/time.h"
#include "coordinator/core/holder.h"
#include "coordinator/core/job_table.h"
#include "coordinator/core/job_tally.h"
#include "coordinator/core/record.h"

namespace weft::coordinator {

// The order in which ready tasks start: by submission of their jobs; then stages and rounds that
// others wait for come first, and chunks from the left, so that the wavefront moves.
struct ReadyTask {
  std::uint64_t job_sequence = 0;
  TaskId id;

  friend bool operator<(const ReadyTask& a, const ReadyTask& b) { return a.Key() < b.Key(); }

 private:
  [[nodiscard]] std::tuple<std::uint64_t, Stage, std::uint32_t, std::uint32_t, const JobId&> Key()
      const {
    return {job_sequence, id.stage, id.round, id.chunk, id.job};
  }
};

// Read by all, changed by TaskTable alone.
struct Task {
  TaskId id;
  const PlannedTask* plan = nullptr;  // Lives in the job.
  std::uint64_t job_sequence = 0;
  std::string device;  // That a worker must have; empty: any will do.
  TaskState state = TaskState::kWaiting;
  std::uint32_t attempt = 0;  // The latest; 0 before the first.
  std::uint64_t epoch = 0;    // That assigned it.
  Holder holder;              // That runs it or ran it last.
  std::uint32_t errors = 0;
  std::uint32_t workers_lost = 0;
  std::map<std::string, v1::BlobRef> outputs;  // Once done.
  double fraction = 0;                         // Of a running attempt.
  Time not_before{};                           // Rests until then after an error.
  std::uint32_t inputs_missing = 0;            // Tasks that it reads from and that are not done.
  std::vector<Task*> readers;                  // Tasks that read from it.

  [[nodiscard]] AttemptId LatestAttempt() const { return {id, attempt, epoch}; }
  [[nodiscard]] Record ToRecord() const;
};

class TaskTable {
 public:
  using ReadyTasks = std::set<ReadyTask>;

  // Adds the tasks of job.plan that are not here yet; call it again when the plan has grown.
  // REQUIRES: the job stays where it is.
  void Add(const Job& job);

  [[nodiscard]] Task* Find(const TaskId& id);
  [[nodiscard]] const Task* Find(const TaskId& id) const;

  // A new attempt begins. REQUIRES: waiting, and all inputs there.
  void Start(Task& task, std::uint64_t epoch, const Holder& holder);

  // REQUIRES: not done. Readers whose last input this was become ready.
  void Complete(Task& task, std::map<std::string, v1::BlobRef> outputs);

  // The latest attempt came to nothing: the task waits again, at least until `not_before`.
  void Requeue(Task& task, Time not_before);

  // The task will not be tried again.
  void Fail(Task& task);

  // How much of a running attempt is done, 0 to 1.
  void Advance(Task& task, double fraction);

  void CountError(Task& task) { ++task.errors; }
  void CountWorkerLost(Task& task) { ++task.workers_lost; }

  // Sets a task just added to what an earlier life recorded.
  // REQUIRES: called once for a task, after Add of its job.
  void Restore(Task& task, const v1::TaskRecord& record);

  // No task of the job starts any more.
  void Close(const JobId& job);

  // Tasks whose rest is over become ready.
  void Wake(Time now);
  [[nodiscard]] std::optional<Time> NextWake() const;

  // Ready tasks for workers with `device`; the empty name is that of tasks any worker may run.
  [[nodiscard]] const ReadyTasks& Ready(const std::string& device) const;

  [[nodiscard]] bool HasReady() const;

  // REQUIRES: the job was added.
  [[nodiscard]] const JobTally& Tally(const JobId& job) const;

  [[nodiscard]] const std::map<TaskId, Task>& All() const { return tasks_; }

 private:
  struct JobEntry {
    JobTally tally;
    bool closed = false;
  };

  void Link(Task& task);
  void Move(Task& task, TaskState to);
  // Puts a waiting task where it belongs: ready, resting, or neither.
  void Queue(Task& task);
  void Unqueue(const Task& task);

  std::map<TaskId, Task> tasks_;
  std::map<JobId, JobEntry> jobs_;
  std::map<std::string, ReadyTasks> ready_;  // By device.
  std::set<std::pair<Time, TaskId>> resting_;
  const ReadyTasks none_ = {};
};

}  // namespace weft::coordinator
