// How long tasks of a job's stages take, as far as this life of the coordinator has seen.

#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "common/ids.h"
#include "common/time.h"
#include "coordinator/core/recent_map.h"

namespace weft::coordinator {

class StagePaces {
 public:
  // An attempt at a task of this stage, with so much work, took so long. REQUIRES: weight > 0.
  void Count(const TaskId& task, double weight, Duration took);

  // The job has ended.
  void Forget(const JobId& job);

  // How long a task with so much work usually takes; nothing until several were seen.
  [[nodiscard]] std::optional<Duration> Usual(const TaskId& task, double weight) const;

 private:
  struct Pace {
    std::uint32_t count = 0;
    double work = 0;
    Duration took{};
  };

  RecentMap<JobId, std::map<Stage, Pace>> paces_;
};

}  // namespace weft::coordinator
