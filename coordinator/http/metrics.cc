#include "coordinator/http/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include "coordinator/view/view_words.h"

namespace weft::coordinator {
namespace {

prometheus::Family<prometheus::Gauge>& Gauges(prometheus::Registry& registry,
                                              const std::string& name,
                                              const std::string& help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry);
}

void SetOne(prometheus::Registry& registry,
            const std::string& name,
            const std::string& help,
            double value) {
  Gauges(registry, name, help).Add({}).Set(value);
}

void SetWorkers(prometheus::Registry& registry, const v1::FarmStatus& status) {
  auto& connected = Gauges(registry, "weft_workers", "Workers that are connected.");
  auto& idle = Gauges(registry, "weft_workers_idle", "Workers that could be given a task now.");
  for (const v1::WorkerCount& count : status.workers()) {
    connected.Add({{"device", count.device()}}).Set(static_cast<double>(count.connected()));
    idle.Add({{"device", count.device()}}).Set(static_cast<double>(count.idle()));
  }
  SetOne(registry, "weft_workers_drained", "Workers that an operator drained, connected or not.",
         static_cast<double>(status.workers_drained()));
}

void SetTasks(prometheus::Registry& registry, const v1::FarmStatus& status) {
  auto& tasks = Gauges(registry, "weft_tasks", "Tasks of jobs that have not ended.");
  tasks.Add({{"state", "waiting"}}).Set(static_cast<double>(status.tasks_waiting()));
  tasks.Add({{"state", "running"}}).Set(static_cast<double>(status.tasks_running()));
  tasks.Add({{"state", "done"}}).Set(static_cast<double>(status.tasks_done()));
  std::uint64_t ready = 0;
  for (const v1::Demand& demand : status.demands()) {
    ready += demand.ready();
  }
  SetOne(registry, "weft_tasks_ready", "Tasks that wait for nothing but a worker.",
         static_cast<double>(ready));
}

prometheus::Family<prometheus::Counter>& Counters(prometheus::Registry& registry,
                                                  const std::string& name,
                                                  const std::string& help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry);
}

void SetAttempts(prometheus::Registry& registry, const v1::FarmStatus& status) {
  Counters(registry, "weft_attempts_started_total", "Tries at tasks that workers were given.")
      .Add({})
      .Increment(static_cast<double>(status.attempts_started()));
  auto& ended = Counters(registry, "weft_attempts_ended_total", "Tries at tasks that ended.");
  const auto add = [&](const char* outcome, std::uint64_t count) {
    ended.Add({{"outcome", outcome}}).Increment(static_cast<double>(count));
  };
  add("done", status.attempts_done());
  add("failed", status.attempts_failed());
  add("lost", status.attempts_lost());
  add("withdrawn", status.attempts_withdrawn());
  add("abandoned", status.attempts_abandoned());
  Counters(registry, "weft_outcomes_superseded_total",
           "Outcomes that were told too late and dropped.")
      .Add({})
      .Increment(static_cast<double>(status.outcomes_superseded()));
}

void SetKeeping(prometheus::Registry& registry, const v1::FarmStatus& status) {
  SetOne(registry, "weft_disk_free_bytes", "Left on the disk of the coordinator's state.",
         static_cast<double>(status.disk_free_bytes()));
  Counters(registry, "weft_log_records_lost_total", "Log records that could not be kept.")
      .Add({})
      .Increment(static_cast<double>(status.log_records_lost()));
}

}  // namespace

std::string MetricsText(const v1::FarmStatus& status) {
  prometheus::Registry registry;
  auto& jobs = Gauges(registry, "weft_jobs", "Jobs that the coordinator knows.");
  for (const v1::JobCount& count : status.jobs()) {
    jobs.Add({{"state", JobStateName(count.state())}}).Set(static_cast<double>(count.jobs()));
  }
  SetTasks(registry, status);
  SetWorkers(registry, status);
  SetAttempts(registry, status);
  SetKeeping(registry, status);
  SetOne(registry, "weft_held", "1 while no task starts, for want of room on the disk.",
         status.held().empty() ? 0 : 1);
  SetOne(registry, "weft_coordinator_epoch", "Lives of the coordinator on its state, so far.",
         static_cast<double>(status.epoch()));
  return prometheus::TextSerializer().Serialize(registry.Collect());
}

}  // namespace weft::coordinator
