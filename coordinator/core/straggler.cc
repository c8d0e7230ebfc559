#include "coordinator/core/straggler.h"

#include <algorithm>

namespace weft::coordinator {
namespace {

// Two attempts at these would get in each other's way: they write the job's output, or try to.
bool IsAlone(const TaskId& id) {
  return id.stage == Stage::kAssemble || (id.stage == Stage::kProbe && id.round == kProbeIndex);
}

bool MayBeCopied(const TaskId& id, const Floor& floor) {
  const bool runs_twice = floor.tasks.Find(id)->runs_twice;  // Each of its two runs counts.
  return !IsAlone(id) && !runs_twice && floor.elders.Find(id) == nullptr &&
         floor.jobs.Find(id.job)->state == JobState::kRunning;
}

bool IsSlow(const Lease& lease, const Floor& floor, Time now) {
  const Task& task = *floor.tasks.Find(lease.attempt.task);
  const auto usual = floor.paces.Usual(task.id, task.plan->weight);
  const Duration taken = now - lease.granted;
  if (!usual.has_value() || taken < 2 * *usual) {
    return false;
  }
  if (lease.fraction <= 0) {
    return true;
  }
  const std::chrono::duration<double, Duration::period> so_far(taken);
  return so_far * (1 - lease.fraction) / lease.fraction > *usual;
}

}  // namespace

std::vector<TaskId> FindStragglers(const Floor& floor, Time now) {
  std::vector<TaskId> found;
  for (const Lease& lease : floor.leases.All()) {
    const TaskId& id = lease.attempt.task;
    const bool takes_long = now - lease.granted >= floor.options.straggler;
    if (takes_long && MayBeCopied(id, floor) && IsSlow(lease, floor, now)) {
      found.push_back(id);
    }
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::optional<WorkerId> FindIdle(const Task& task, const Floor& floor) {
  for (const auto& [capability, crew] : floor.workers.Crews()) {
    if (crew.idle.empty() || FindLack(capability, *task.requirement).has_value()) {
      continue;
    }
    const auto able = std::find_if(crew.idle.begin(), crew.idle.end(), [&](const WorkerId& worker) {
      return std::find(task.avoids.begin(), task.avoids.end(), worker) == task.avoids.end();
    });
    if (able != crew.idle.end()) {
      return *able;
    }
  }
  return std::nullopt;
}

}  // namespace weft::coordinator
