#include "coordinator/http/metrics.h"

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

}  // namespace

std::string MetricsText(const v1::FarmStatus& status) {
  prometheus::Registry registry;
  auto& jobs = Gauges(registry, "weft_jobs", "Jobs that the coordinator knows.");
  for (const v1::JobCount& count : status.jobs()) {
    jobs.Add({{"state", JobStateName(count.state())}}).Set(static_cast<double>(count.jobs()));
  }
  SetTasks(registry, status);
  SetWorkers(registry, status);
  SetOne(registry, "weft_held", "1 while no task starts, for want of room on the disk.",
         status.held().empty() ? 0 : 1);
  SetOne(registry, "weft_coordinator_epoch", "Lives of the coordinator on its state, so far.",
         static_cast<double>(status.epoch()));
  return prometheus::TextSerializer().Serialize(registry.Collect());
}

}  // namespace weft::coordinator
