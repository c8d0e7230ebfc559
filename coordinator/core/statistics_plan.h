// Tasks that measure what is to be the same all over a scene, before those that make it so: means
// of depth maps (v1::Control.steady), colours of finished frames (v1::JobSpec.steady_colours). See
// common/plan/statistics.h: each chunk reads the joint figures of its scenes, so that no chunk
// decides what another one cannot see.

#pragma once

#include <cstdint>
#include <vector>

#include "coordinator/core/chunk_plan.h"
#include "coordinator/core/job_cut.h"
#include "coordinator/core/task_cost.h"
#include "weft/v1/job.pb.h"

namespace weft::coordinator {

// How many tasks the job has for it, in so many chunks.
std::uint64_t MeasuringTasks(const v1::JobSpec& spec,
                             const v1::Clip& clip,
                             std::uint64_t chunk_count);

class StatisticsPlan {
 public:
  // All stay as they are as long as this lives.
  StatisticsPlan(const v1::JobSpec& spec, const JobCut& cut, const TaskCost& cost)
      : spec_(spec), cut_(cut), cost_(cost) {}

  // Adds the tasks that measure control maps, if any are to be.
  void MeasureMaps(std::vector<PlannedTask>& tasks) const;
  // What an annotate task reads of these.
  void ReadMaps(PlannedTask& annotate) const;

  // Adds the tasks that finish chunks, and before them those that measure, if colours are to be:
  // these then do all that `finishing` would, but for the segment.
  void AddFinishing(std::vector<PlannedTask> finishing, std::vector<PlannedTask>& tasks) const;

 private:
  // Of each scene the task that joins what chunks have found. numbers: of the figures.
  void AddScenes(Stage stage,
                 const std::vector<int>& numbers,
                 std::vector<PlannedTask>& tasks) const;
  void ReadScenes(int number, PlannedTask& task) const;
  [[nodiscard]] std::vector<int> SteadyMaps() const;

  const v1::JobSpec& spec_;
  const JobCut& cut_;
  const TaskCost& cost_;
};

}  // namespace weft::coordinator
