#include "coordinator/core/stage_pace.h"

namespace weft::coordinator {

void StagePaces::Count(const TaskId& task, double weight, Duration took) {
  Pace& pace = paces_[task.job][task.stage];
  ++pace.count;
  pace.work += weight;
  pace.took += took;
}

void StagePaces::Forget(const JobId& job) {
  paces_.Erase(job);
}

std::optional<Duration> StagePaces::Usual(const TaskId& task, double weight) const {
  constexpr std::uint32_t kSeenMin = 3;
  const std::map<Stage, Pace>* const of_job = paces_.Find(task.job);
  if (of_job == nullptr) {
    return std::nullopt;
  }
  const auto pace = of_job->find(task.stage);
  if (pace == of_job->end() || pace->second.count < kSeenMin) {
    return std::nullopt;
  }
  const std::chrono::duration<double, Duration::period> took(pace->second.took);
  return std::chrono::duration_cast<Duration>(took * weight / pace->second.work);
}

}  // namespace weft::coordinator
