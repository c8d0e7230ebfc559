// Which task should start next on a worker of some capability: users share the farm fairly, a
// user's jobs go by priority, and jobs of equal priority share fairly again.
//
// Fair means: the user (then the job) that was given the least work since it last wanted some goes
// first. Who wanted nothing for a while cannot save up for later.
//
// Every operation takes time logarithmic in users, jobs and tasks, times the number of different
// requirements among ready tasks.
//
// Source: Goyal, Vin & Cheng, "Start-time fair queuing" (SIGCOMM 1996).

#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <tuple>

#include "common/ids.h"
#include "coordinator/core/recent_map.h"
#include "coordinator/core/requirement.h"

namespace weft::coordinator {

struct Task;

// A job's tasks start in this order: stages and rounds that others wait for come first, and chunks
// from the left, so that the wavefront moves. Before all of them goes encoding, which turns much
// that is stored into little.
struct ReadyTask {
  std::uint64_t job_sequence = 0;
  TaskId id;
  Task* task =
      nullptr;  // What `id` names, in the table of tasks; null in tests of the queue alone.

  friend bool operator<(const ReadyTask& a, const ReadyTask& b) { return a.Key() < b.Key(); }

 private:
  [[nodiscard]] std::tuple<std::uint64_t, int, std::uint32_t, std::uint32_t, const JobId&> Key()
      const {
    const int step = id.stage == Stage::kEncode ? 0 : StageOrder::Step(id.stage);
    return {job_sequence, step, id.round, id.chunk, id.job};
  }
};

class ReadyQueue {
 public:
  // Of a job among others.
  struct Standing {
    std::string user;
    std::uint32_t priority = 0;  // Higher goes first.
    std::uint64_t sequence = 0;  // Lower goes first where all else is equal.
  };

  // A job may have ready tasks from now on. No effect when it is known.
  void AddJob(const JobId& job, const Standing& standing);

  // REQUIRES: the job was added, and none of its tasks is ready.
  void RemoveJob(const JobId& job) { jobs_.Erase(job); }

  // REQUIRES: the task's job was added.
  void Insert(const Requirement& requirement, const ReadyTask& task);
  void Erase(const Requirement& requirement, std::uint64_t job_sequence, const TaskId& id);

  // The job was given `work`. REQUIRES: the job was added.
  void Charge(const JobId& id, double work);

  // The job goes before or behind the others of its user from now on. REQUIRES: the job was added.
  void SetPriority(const JobId& id, std::uint32_t priority);

  // The tasks of the user of this name do not start (`held`), or do again.
  void Hold(const std::string& name, bool held);

  // The task to start next on such a worker, until the next change; null when none can.
  [[nodiscard]] const ReadyTask* First(const Capability& worker) const;

  // How many tasks are ready, by what they ask of a worker.
  [[nodiscard]] std::map<Requirement, std::uint64_t> Counts() const;

  // No task is ready, or only those of users who are held.
  [[nodiscard]] bool Empty() const { return eligible_ == 0; }

 private:
  // Smaller goes first.
  struct UserRank {
    double served = 0;
    std::string name;

    friend bool operator<(const UserRank& a, const UserRank& b) {
      return a.served < b.served || (a.served == b.served && a.name < b.name);
    }
  };
  struct JobRank {
    std::uint32_t priority = 0;  // Higher goes first.
    double served = 0;
    std::uint64_t sequence = 0;
    JobId id;

    friend bool operator<(const JobRank& a, const JobRank& b) {
      return std::tie(b.priority, a.served, a.sequence, a.id) <
             std::tie(a.priority, b.served, b.sequence, b.id);
    }
  };
  struct UserShare {
    UserRank rank;
    double clock = 0;  // What the job that was served last had before.
    bool held = false;
    std::uint64_t ready = 0;
    std::map<Requirement, std::uint64_t> requirements = {};  // With how many of its tasks.
  };
  struct JobShare {
    UserShare* user = nullptr;
    JobRank rank;
    std::uint64_t ready = 0;  // Tasks.
    std::set<Requirement> requirements = {};
  };
  using Jobs = std::map<JobRank, std::set<ReadyTask>>;
  struct Class {
    std::map<UserRank, Jobs> users;
    std::map<UserRank, Jobs> held;
  };

  UserShare& UserNamed(const std::string& name);
  [[nodiscard]] std::map<UserRank, Jobs>& UsersOf(const Requirement& requirement, bool held);
  // The job's tasks go where its rank says from now on.
  void Reseat(JobShare& job, const JobRank& rank);

  std::map<Requirement, Class> classes_;  // Only those with tasks.
  RecentMap<JobId, JobShare> jobs_;
  std::map<std::string, UserShare> users_;
  double clock_ = 0;            // What the user who was served last had before.
  std::uint64_t eligible_ = 0;  // Ready tasks of users who are not held.
};

}  // namespace weft::coordinator
