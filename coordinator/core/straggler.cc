#include "coordinator/core/straggler.h"

#include <algorithm>

namespace weft::coordinator {
namespace {

// Two attempts at these would get in each other's way.
bool IsAlone(Stage stage) {
  return stage == Stage::kProbe || stage == Stage::kAssemble;
}

bool IsSlow(const Lease& lease, const Task& task, const Floor& floor, Time now) {
  const auto usual = floor.paces.Usual(task.id, task.plan->weight);
  const Duration taken = now - lease.granted;
  if (!usual.has_value() || taken < floor.options.straggler || taken < 2 * *usual) {
    return false;
  }
  if (lease.fraction <= 0) {
    return true;
  }
  const std::chrono::duration<double, Duration::period> so_far(taken);
  return so_far * (1 - lease.fraction) / lease.fraction > *usual;
}

const WorkerId* FindIdle(const Task& task, const Floor& floor) {
  for (const auto& [capability, crew] : floor.workers.Crews()) {
    if (crew.idle.empty() || FindLack(capability, *task.requirement).has_value()) {
      continue;
    }
    const auto able = std::find_if(crew.idle.begin(), crew.idle.end(), [&](const WorkerId& worker) {
      return std::find(task.avoids.begin(), task.avoids.end(), worker) == task.avoids.end();
    });
    if (able != crew.idle.end()) {
      return &*able;
    }
  }
  return nullptr;
}

}  // namespace

std::optional<Assignment> FindStraggler(const Floor& floor, Time now) {
  for (const auto& [id, lease] : floor.leases.All()) {
    if (IsAlone(id.stage) || floor.elders.Find(id) != nullptr ||
        floor.jobs.Find(id.job)->state != JobState::kRunning) {
      continue;
    }
    const Task& task = *floor.tasks.Find(id);
    if (task.runs_twice) {
      continue;  // Each of its two runs counts.
    }
    const WorkerId* worker = IsSlow(lease, task, floor, now) ? FindIdle(task, floor) : nullptr;
    if (worker != nullptr) {
      return Assignment{id, *worker};
    }
  }
  return std::nullopt;
}

}  // namespace weft::coordinator
