#include "coordinator/core/probe_plan.h"

#include <algorithm>
#include <utility>

#include "common/plan/probe_parts.h"
#include "coordinator/core/object_plan.h"
#include "coordinator/core/task_cost.h"

namespace weft::coordinator {
namespace {

constexpr char kChanges[] = "changes";  // weft.v1.SceneChanges

PlannedTask Index(const v1::JobSpec& spec) {
  PlannedTask index{.place = {Stage::kProbe, 0, kProbeIndex}};
  if (!spec.look_path().empty()) {
    index.outputs.push_back({kLook, 0});  // Of a size that is not known beforehand.
  }
  index.weight = TaskCost::kProbeWork;
  return index;
}

// Whether two frames are the first of different scenes is seen with the two frames behind them.
PlannedTask Part(std::uint32_t part, FrameRange core, std::uint32_t frame_count) {
  constexpr std::uint32_t kReadBehind = 2;
  constexpr std::uint64_t kFrameBytes = 2 * sizeof(double);
  PlannedTask task{.place = {Stage::kProbe, part, kProbePart}, .core = core, .halo = core};
  task.halo.end = std::min(frame_count, core.end + kReadBehind);
  task.outputs.push_back({kChanges, core.size() * kFrameBytes});
  task.weight = TaskCost::ReadWork(core.size());
  return task;
}

// The join reads all that the index brought, so that it is there for tasks that are not planned
// yet.
void AddParts(const v1::Clip& clip, JobPlan& plan) {
  const std::vector<std::uint32_t> starts(clip.part_starts().begin(), clip.part_starts().end());
  PlannedTask join{.place = {Stage::kProbe, 0, kProbeJoin}};
  for (const PlannedOutput& output : plan.tasks.front().outputs) {
    join.inputs.push_back({plan.tasks.front().place, output.name});
  }
  for (std::uint32_t part = 0; part < starts.size(); ++part) {
    plan.tasks.push_back(
        Part(part, ProbePart(starts, part, clip.frame_count()), clip.frame_count()));
    join.inputs.push_back({plan.tasks.back().place, kChanges});
  }
  join.weight = TaskCost::kProbeWork;
  plan.tasks.push_back(std::move(join));
}

}  // namespace

bool IsIndex(const v1::Clip& clip) {
  return clip.scene_starts().empty() && !clip.part_starts().empty();
}

JobPlan PlanProbe(const v1::JobSpec& spec, const v1::Clip* clip) {
  JobPlan plan;
  plan.tasks.push_back(Index(spec));
  if (clip != nullptr && !clip->part_starts().empty()) {
    AddParts(*clip, plan);
  }
  NoteObjects(spec, plan);
  plan.probe_tasks = plan.tasks.size();
  return plan;
}

}  // namespace weft::coordinator
