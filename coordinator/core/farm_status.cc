#include "coordinator/core/farm_status.h"

#include <cstdint>
#include <map>

#include "coordinator/core/requirement.h"

namespace weft::coordinator {
namespace {

void CountJobs(const Floor& floor, v1::FarmStatus& status) {
  std::map<JobState, std::uint64_t> jobs;
  for (int state = v1::JobState_MIN + 1; state <= v1::JobState_MAX; ++state) {
    jobs[static_cast<JobState>(state)] = 0;
  }
  for (const auto& [id, job] : floor.jobs.All()) {
    ++jobs[job.state];
  }
  for (const auto& [state, count] : jobs) {
    v1::JobCount& counted = *status.add_jobs();
    counted.set_state(static_cast<v1::JobState>(state));
    counted.set_jobs(count);
  }
}

// Also by what they ask for, as far as they run.
std::map<Requirement, std::uint64_t> CountTasks(const Floor& floor, v1::FarmStatus& status) {
  std::map<Requirement, std::uint64_t> running;
  for (const auto& [id, job] : floor.jobs.All()) {
    if (!IsOpen(job.state)) {
      continue;
    }
    for (const auto& [stage, tally] : floor.tasks.Tally(id).Stages()) {
      status.set_tasks_running(status.tasks_running() + tally.running);
      status.set_tasks_done(status.tasks_done() + tally.done);
      status.set_tasks_waiting(status.tasks_waiting() + tally.total - tally.running - tally.done);
      if (tally.running > 0) {
        running[RequirementOf(job.spec, job.terms)] += tally.running;
      }
    }
  }
  return running;
}

void CountWorkers(const Floor& floor, v1::FarmStatus& status) {
  std::map<std::string, v1::WorkerCount> workers;
  for (const auto& [capability, crew] : floor.workers.Crews()) {
    v1::WorkerCount& count = workers[capability.device];
    count.set_connected(count.connected() + crew.size);
    count.set_idle(count.idle() + crew.idle.size());
  }
  for (auto& [device, count] : workers) {
    count.set_device(device);
    *status.add_workers() = count;
  }
  status.set_workers_drained(floor.workers.Drained().size());
}

void AddDemands(const Floor& floor,
                const std::map<Requirement, std::uint64_t>& running,
                v1::FarmStatus& status) {
  std::map<Requirement, v1::Demand> demands;
  for (const auto& [requirement, count] : floor.tasks.Ready().Counts()) {
    demands[requirement].set_ready(count);
  }
  for (const auto& [requirement, count] : running) {
    demands[requirement].set_running(count);
  }
  for (auto& [requirement, demand] : demands) {
    demand.set_device(requirement.device);
    demand.set_device_memory_bytes(requirement.memory_bytes);
    demand.set_data_type(requirement.data_type);
    for (const std::string& tag : requirement.tags) {
      demand.add_tags(tag);
    }
    *status.add_demands() = demand;
  }
}

void SetTotals(const FloorTotals& totals, v1::FarmStatus& status) {
  status.set_attempts_started(totals.attempts_started);
  status.set_attempts_done(totals.attempts_done);
  status.set_attempts_failed(totals.attempts_failed);
  status.set_attempts_lost(totals.attempts_lost);
  status.set_attempts_withdrawn(totals.attempts_withdrawn);
  status.set_attempts_abandoned(totals.attempts_abandoned);
  status.set_outcomes_superseded(totals.outcomes_superseded);
}

}  // namespace

v1::FarmStatus StatusOf(const Floor& floor) {
  v1::FarmStatus status;
  status.set_epoch(floor.epoch);
  status.set_held(floor.held.value_or(""));
  CountJobs(floor, status);
  CountWorkers(floor, status);
  AddDemands(floor, CountTasks(floor, status), status);
  SetTotals(floor.totals, status);
  return status;
}

}  // namespace weft::coordinator
