// The tasks that make a file of what was rendered: finish for each chunk, encode for each group of
// pictures of the file, where these do not begin with chunks. See chunk_plan.h.

#pragma once

#include <vector>

#include "common/plan/rounds.h"
#include "coordinator/core/chunk_plan.h"
#include "coordinator/core/job_cut.h"
#include "coordinator/core/statistics_plan.h"
#include "coordinator/core/task_cost.h"
#include "weft/v1/job.pb.h"

namespace weft::coordinator {

class FinishPlan {
 public:
  // All stay as they are as long as this lives. rounds: of denoise.
  FinishPlan(const v1::JobSpec& spec,
             const JobCut& cut,
             const TaskCost& cost,
             const std::vector<Round>& rounds);

  void AddTasks(std::vector<PlannedTask>& tasks) const;

  // What the assemble task reads of these.
  static void ReadFinished(const JobCut& cut, PlannedTask& assemble);

 private:
  [[nodiscard]] PlannedTask Finish(std::uint32_t chunk) const;
  [[nodiscard]] PlannedTask FinishCheck(std::uint32_t chunk) const;
  [[nodiscard]] PlannedTask Begun(std::uint32_t chunk, FrameRange core) const;
  void BringChecked(PlannedTask& finish) const;
  void ReadRendered(PlannedTask& finish) const;
  void ReadFaded(TaskPlace from, PlannedTask& finish) const;
  void AddEncode(std::vector<PlannedTask>& tasks) const;

  const v1::JobSpec& spec_;
  const JobCut& cut_;
  const TaskCost& cost_;
  const std::vector<Round>& rounds_;
  const bool smooths_;
};

}  // namespace weft::coordinator
