// Every task of every job: its state, its latest attempt, what it waits for, and which tasks can
// start now, in the order in which they should.

#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "common/ids.h"
#include "common/time.h"
#include "coordinator/core/holder.h"
#include "coordinator/core/job_table.h"
#include "coordinator/core/job_tally.h"
#include "coordinator/core/ready_queue.h"
#include "coordinator/core/record.h"
#include "coordinator/core/requirement.h"
#include "coordinator/core/retry_policy.h"
#include "coordinator/core/task_index.h"
#include "coordinator/core/verification.h"

namespace weft::coordinator {

struct JobTasks;

// Read by all, changed by TaskTable alone.
struct Task {
  // Where it waits for its turn.
  enum class Queue : std::uint8_t { kNone, kReady, kResting };

  TaskId id;
  JobTasks* of_job = nullptr;         // Lives in the table.
  const PlannedTask* plan = nullptr;  // Lives in the job.
  std::uint64_t job_sequence = 0;
  const Requirement* requirement = nullptr;  // Lives in the table.
  TaskState state = TaskState::kWaiting;
  std::uint32_t attempt = 0;  // The latest, or the one that won; 0 before the first.
  std::uint32_t starts = 0;   // Attempts so far.
  std::uint64_t epoch = 0;    // That assigned it.
  Holder holder;              // That runs it or ran it last.
  FailureCounts failures = {};
  std::vector<WorkerId> avoids;         // Where it failed.
  std::optional<Time> choosy_until;     // From then on it runs even there.
  Outputs outputs;                      // Once done.
  bool runs_twice = false;              // What it brings is verified.
  std::unique_ptr<FirstRun> first_run;  // Once the first of two runs is done; null else.
  double fraction = 0;                  // Of a running attempt.
  Time not_before{};                    // Rests until then after an error.
  std::uint32_t inputs_missing = 0;     // Tasks that it reads from and that are not done.
  std::vector<Task*> readers;           // Tasks that read from it.
  std::vector<Task*> sources;           // Tasks that it reads from.
  std::uint32_t readers_missing = 0;    // Readers that are not done.
  Queue queue = Queue::kNone;

  [[nodiscard]] AttemptId LatestAttempt() const { return {id, attempt, epoch}; }
  [[nodiscard]] bool IsLatest(const AttemptId& other) const {
    return other.number == attempt && other.epoch == epoch && other.task == id;
  }
  [[nodiscard]] Record ToRecord() const;
};

// The tasks of one job. Changed by TaskTable alone.
struct JobTasks {
  JobTally tally;
  bool closed = false;
  std::string user;
  std::uint32_t* user_running = nullptr;  // Tasks of the user that run. Lives in the table.
  Requirement whole;                      // Of most stages.
  Requirement files;         // Of those that only read and write files: any device will do.
  std::vector<Task*> tasks;  // In the order of their ids.
  std::deque<Task> kept;     // They stay where they are.
};

class TaskTable {
 public:
  // user_running_max: tasks of one user that run at a time.
  explicit TaskTable(std::uint32_t user_running_max) : user_running_max_(user_running_max) {}

  // Adds the tasks of job.plan that are not here yet; call it again when the plan has grown.
  // REQUIRES: the job stays where it is.
  void Add(const Job& job);

  [[nodiscard]] Task* Find(const TaskId& id);
  [[nodiscard]] const Task* Find(const TaskId& id) const;

  // A new attempt begins. REQUIRES: waiting, and all inputs there.
  void Start(Task& task, std::uint64_t epoch, const Holder& holder);

  // A younger attempt begins beside the one that runs, which is the latest no more.
  // REQUIRES: running.
  void StartCopy(Task& task, std::uint64_t epoch, const Holder& holder);

  // The attempt counts as the task's latest although a younger one was started. REQUIRES: running
  // or waiting.
  static void Prefer(Task& task, const AttemptId& attempt, const Holder& holder);

  // REQUIRES: not done. Readers whose last input this was become ready.
  void Complete(Task& task, Outputs outputs);

  // The latest attempt counts no more, whatever is told of it.
  static void Spend(Task& task) { task.attempt = ++task.starts; }

  // The first of two runs is done. The task has to be requeued.
  static void KeepFirstRun(Task& task, Outputs outputs);

  // The latest attempt came to nothing: the task waits again, at least until `not_before`.
  void Requeue(Task& task, Time not_before);

  // What the task has brought is lost: it waits again, and so do its readers for it.
  // REQUIRES: done, and no reader of it runs.
  void Undo(Task& task);

  // The task will not be tried again.
  void Fail(Task& task);

  // How much of a running attempt is done, 0 to 1.
  void Advance(Task& task, double fraction);

  // Returns how many of that class the task has had now. REQUIRES: a class that is counted.
  std::uint32_t CountFailure(Task& task, FailureClass failure);

  // The task runs elsewhere, as long as there is an elsewhere.
  static void Avoid(Task& task, const WorkerId& worker);

  // The ready task waits for another worker than it could have now. `choosy_until`: for how long
  // it will go on to do so; the first call counts.
  void Postpone(Task& task, Time not_before, Time choosy_until);

  // A life of the same worker that came after the task's holder holds its attempt.
  static void Hand(Task& task, const Holder& heir) { task.holder = heir; }

  // Sets a task just added to what an earlier life recorded.
  // REQUIRES: called once for a task, after Add of its job.
  void Restore(Task& task, const v1::TaskRecord& record);

  // From now on the job's pictures are computed in one numeric class. REQUIRES: the job was added.
  void Confine(const JobId& job, const std::string& numeric_class);
  // What tasks that compute pictures ask of a worker. REQUIRES: the job was added.
  [[nodiscard]] const Requirement& RequirementOf(const JobId& job) const;

  // No task of the job starts any more, or until it is opened.
  void Close(const JobId& job);
  void Open(const JobId& job);

  // The job's tasks go by this priority among those of its user from now on.
  void Prioritize(const JobId& job, std::uint32_t priority) { ready_.SetPriority(job, priority); }

  // Failed tasks of a closed job wait again, and every task is as if it had never failed.
  // Returns those that changed.
  std::vector<const Task*> Forget(const JobId& job);

  // Tasks whose rest is over become ready.
  void Wake(Time now);
  [[nodiscard]] std::optional<Time> NextWake() const;

  [[nodiscard]] const ReadyQueue& Ready() const { return ready_; }

  // REQUIRES: the job was added.
  [[nodiscard]] const JobTally& Tally(const JobId& job) const;

  // The job is to be forgotten. REQUIRES: it is closed, and none of its tasks runs.
  void Remove(const JobId& job);

  // Those of each job one after the other, in the order of their ids.
  [[nodiscard]] std::vector<const Task*> All() const;

  // The job's tasks, in the order of their ids; none when the job is not known.
  [[nodiscard]] std::vector<const Task*> OfJob(const JobId& job) const;

 private:
  JobTasks& AddJob(const Job& job);
  void AddTask(const Job& job, const PlannedTask& planned, JobTasks& of_job);
  void Link(Task& task);
  void Move(Task& task, TaskState to);
  // Puts a waiting task where it belongs: ready, resting, or neither.
  void Queue(Task& task);
  void Unqueue(Task& task);
  void CountRunning(const JobTasks& job, bool more);

  TaskIndex by_id_;
  std::unordered_map<JobId, JobTasks, IdHash> jobs_;
  ReadyQueue ready_;
  std::set<std::pair<Time, TaskId>> resting_;
  std::uint32_t user_running_max_;
  std::map<std::string, std::uint32_t> user_running_;
};

}  // namespace weft::coordinator
