#include "coordinator/core/stage_pace.h"

namespace weft::coordinator {

void StagePaces::Count(const TaskId& task, double weight, Duration took) {
  Pace& pace = paces_[{task.job, task.stage}];
  ++pace.count;
  pace.work += weight;
  pace.took += took;
}

void StagePaces::Forget(const JobId& job) {
  const auto first = paces_.lower_bound({job, Stage{}});
  auto last = first;
  while (last != paces_.end() && last->first.first == job) {
    ++last;
  }
  paces_.erase(first, last);
}

std::optional<Duration> StagePaces::Usual(const TaskId& task, double weight) const {
  constexpr std::uint32_t kSeenMin = 3;
  const auto pace = paces_.find({task.job, task.stage});
  if (pace == paces_.end() || pace->second.count < kSeenMin) {
    return std::nullopt;
  }
  const std::chrono::duration<double, Duration::period> took(pace->second.took);
  return std::chrono::duration_cast<Duration>(took * weight / pace->second.work);
}

}  // namespace weft::coordinator
