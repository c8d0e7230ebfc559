// How far a job is: counts by stage and work by weight, kept up to date task by task.

#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "common/ids.h"
#include "common/time.h"
#include "coordinator/core/chunk_plan.h"

namespace weft::coordinator {

// Numbers equal weft.v1.TaskState.
enum class TaskState : std::uint8_t { kWaiting = 1, kRunning = 2, kDone = 3, kFailed = 4 };

struct StageTally {
  std::uint32_t total = 0;
  std::uint32_t running = 0;
  std::uint32_t done = 0;
};

class JobTally {
 public:
  // A waiting task joins the job.
  void Add(const PlannedTask& task);

  // A task changes its state. fraction: how much of it was last said to be done.
  void Move(const PlannedTask& task, TaskState from, TaskState to, double fraction);

  // A running task moves from one fraction of its work to another.
  void Advance(const PlannedTask& task, double from, double to);

  [[nodiscard]] const std::map<Stage, StageTally, StageOrder>& Stages() const { return stages_; }
  [[nodiscard]] std::uint32_t FramesDone() const { return frames_done_; }  // Finished frames.
  [[nodiscard]] double WorkTotal() const { return work_total_; }
  // Also the done part of running tasks.
  [[nodiscard]] double WorkDone() const { return work_done_ + work_running_; }

 private:
  std::map<Stage, StageTally, StageOrder> stages_;
  std::uint32_t frames_done_ = 0;
  double work_total_ = 0;
  double work_done_ = 0;
  double work_running_ = 0;
};

// How fast a job moves in this life of the coordinator.
class Pace {
 public:
  // Work is about to be done; only the first call of a life counts.
  void Begin(Time now, double work_done);

  // Nothing until enough was seen of the job to tell.
  [[nodiscard]] std::optional<double> SecondsLeft(Time now,
                                                  double work_done,
                                                  double work_total) const;

 private:
  struct Point {
    Time time;
    double work_done;
  };
  std::optional<Point> begin_;
};

}  // namespace weft::coordinator
