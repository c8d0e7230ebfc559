#include "coordinator/core/job_tally.h"

#include <algorithm>

namespace weft::coordinator {
namespace {

// That are finished when the task is.
std::uint32_t FramesOf(const PlannedTask& task) {
  const bool finishes = task.place.stage == Stage::kFinish && task.place.round == 0;
  return finishes && !task.checks_seam ? task.core.size() : 0;
}

}  // namespace

void JobTally::Add(const PlannedTask& task) {
  ++stages_[task.place.stage].total;
  work_total_ += task.weight;
}

void JobTally::Move(const PlannedTask& task, TaskState from, TaskState to, double fraction) {
  StageTally& stage = stages_[task.place.stage];
  if (from == TaskState::kRunning) {
    --stage.running;
    work_running_ -= fraction * task.weight;
  }
  if (from == TaskState::kDone) {
    --stage.done;
    work_done_ -= task.weight;
    frames_done_ -= FramesOf(task);
  }
  if (to == TaskState::kRunning) {
    ++stage.running;
    work_running_ += fraction * task.weight;
  }
  if (to == TaskState::kDone) {
    ++stage.done;
    work_done_ += task.weight;
    frames_done_ += FramesOf(task);
  }
}

void JobTally::Advance(const PlannedTask& task, double from, double to) {
  work_running_ += (to - from) * task.weight;
}

void Pace::Begin(Time now, double work_done) {
  if (!begin_.has_value()) {
    begin_ = {now, work_done};
  }
}

std::optional<double> Pace::SecondsLeft(Time now, double work_done, double work_total) const {
  // Before that, the first tasks' start-up would speak for all.
  constexpr Duration kSeenMin{5000};
  constexpr double kGainMin = 0.01;
  if (!begin_.has_value() || now - begin_->time < kSeenMin) {
    return std::nullopt;
  }
  const double gain = work_done - begin_->work_done;
  if (gain < kGainMin * work_total) {
    return std::nullopt;
  }
  const double seconds = std::chrono::duration<double>(now - begin_->time).count();
  return std::max(0.0, work_total - work_done) * seconds / gain;
}

}  // namespace weft::coordinator
