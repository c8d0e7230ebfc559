#include "tests/benchmarks/farm/measure_farm.h"

#include <algorithm>
#include <cmath>

#include <unistd.h>

#include "tests/benchmarks/farm/farm_stage.h"
#include "tests/benchmarks/farm/process_cost.h"

namespace weft::bench {
namespace {

double Seconds(std::int64_t nanoseconds) {
  return static_cast<double>(nanoseconds) * 1e-9;
}

// A coordinator, and as many workers as ordered, all of them welcomed.
Result<std::unique_ptr<FarmStage>> OpenFarm(const FarmOrder& order, std::uint32_t frames) {
  WEFT_ASSIGN_OR_RETURN(std::unique_ptr<FarmStage> stage, FarmStage::Open(order));
  // The fleets first: their processes come from forks of this one, which has no threads yet.
  WEFT_RETURN_IF_ERROR(
      stage->StartFleets({.frames = frames, .plain_sockets = order.plain_sockets}, order.workers));
  WEFT_RETURN_IF_ERROR(stage->StartCoordinator());
  WEFT_RETURN_IF_ERROR(stage->WaitUntil([&] {
    return stage->Sum(&FleetBoard::welcomed) == static_cast<std::uint64_t>(order.workers);
  }));
  return stage;
}

std::vector<std::int64_t> SortedLatencies(const FarmStage& stage) {
  std::vector<std::int64_t> latencies;
  for (const auto& fleet : stage.Fleets()) {
    const FleetBoard& board = fleet->Board();
    const std::size_t count = board.latency_count;
    latencies.insert(latencies.end(), board.latencies_ns.begin(),
                     board.latencies_ns.begin() + static_cast<std::ptrdiff_t>(count));
  }
  std::sort(latencies.begin(), latencies.end());
  return latencies;
}

double PercentileMs(const std::vector<std::int64_t>& sorted, double part) {
  if (sorted.empty()) {
    return 0;
  }
  const double rank = std::ceil(part * static_cast<double>(sorted.size())) - 1;
  return static_cast<double>(sorted[static_cast<std::size_t>(std::max(0.0, rank))]) * 1e-6;
}

}  // namespace

Result<ThroughputFigures> MeasureThroughput(const FarmOrder& order) {
  const std::uint64_t job_tasks = order.chunks + 2;
  const std::uint64_t job_count = (order.tasks + job_tasks - 1) / job_tasks;
  const std::int64_t opened = SteadyNanoseconds();
  WEFT_ASSIGN_OR_RETURN(const std::unique_ptr<FarmStage> stage, OpenFarm(order, order.chunks));
  ThroughputFigures figures;
  figures.connect_seconds = Seconds(SteadyNanoseconds() - opened);
  figures.tasks = job_count * job_tasks;
  const pid_t pid = stage->Coordinator().Pid();
  const double coordinator_before = CpuSecondsOf(pid);
  const double fleet_before = CpuSecondsOf(stage->Fleets());
  JobStream jobs = stage->Client(JobShape::kDeflicker);
  const std::int64_t begin = SteadyNanoseconds();
  WEFT_RETURN_IF_ERROR(stage->Submit(jobs, job_count));
  WEFT_RETURN_IF_ERROR(
      stage->WaitUntil([&] { return stage->Sum(&FleetBoard::jobs_done) == job_count; }));
  figures.seconds = Seconds(LastAcknowledged(stage->Fleets()) - begin);
  const double us_per_second = 1e6 / static_cast<double>(figures.tasks);
  figures.cpu_us_per_task = (CpuSecondsOf(pid) - coordinator_before) * us_per_second;
  figures.fleet_us_per_task = (CpuSecondsOf(stage->Fleets()) - fleet_before) * us_per_second;
  figures.memory_bytes = PeakMemoryOf(pid);
  return figures;
}

Result<DispatchFigures> MeasureDispatch(const FarmOrder& order) {
  constexpr std::uint32_t kJobChunks = 1;
  constexpr double kJobTasks = 3;
  WEFT_ASSIGN_OR_RETURN(const std::unique_ptr<FarmStage> stage, OpenFarm(order, kJobChunks));
  JobStream jobs = stage->Client(JobShape::kDeflicker);
  const auto job_count = static_cast<std::uint64_t>(order.rate * order.seconds / kJobTasks);
  const double pause_ns = 1e9 * kJobTasks / order.rate;
  const std::int64_t begin = SteadyNanoseconds();
  while (jobs.Submitted() < job_count) {
    // By the clock, not by the answers: a slow coordinator is offered no less.
    const auto due =
        static_cast<std::uint64_t>(static_cast<double>(SteadyNanoseconds() - begin) / pause_ns);
    while (jobs.Submitted() < std::min(job_count, due)) {
      WEFT_RETURN_IF_ERROR(jobs.Submit());
    }
    WEFT_RETURN_IF_ERROR(jobs.Listen(1));
  }
  WEFT_RETURN_IF_ERROR(
      stage->WaitUntil([&] { return stage->Sum(&FleetBoard::jobs_done) == job_count; }));
  const std::vector<std::int64_t> latencies = SortedLatencies(*stage);
  return DispatchFigures{.jobs = latencies.size(),
                         .p50_ms = PercentileMs(latencies, 0.5),
                         .p99_ms = PercentileMs(latencies, 0.99),
                         .p999_ms = PercentileMs(latencies, 0.999),
                         .memory_bytes = PeakMemoryOf(stage->Coordinator().Pid())};
}

Result<RecoveryFigures> MeasureRecovery(const FarmOrder& order) {
  const std::uint64_t job_tasks = 2 * std::uint64_t{order.chunks} + 1;  // Behind its probe.
  const std::uint64_t job_count = (order.tasks + job_tasks - 1) / job_tasks;
  RecoveryFigures figures;
  figures.open_tasks = job_count * job_tasks;
  WEFT_ASSIGN_OR_RETURN(const std::unique_ptr<FarmStage> stage, FarmStage::Open(order));
  const auto workers = static_cast<std::uint64_t>(order.workers);
  WEFT_RETURN_IF_ERROR(stage->StartCoordinator());
  {
    // A worker without a device does the probes and nothing else.
    WEFT_ASSIGN_OR_RETURN(
        const std::unique_ptr<FleetProcess> prober,
        stage->StartFleet({.name = "prober", .device = "none", .frames = order.chunks}));
    JobStream jobs = stage->Client(JobShape::kRender);
    WEFT_RETURN_IF_ERROR(stage->Submit(jobs, job_count));
    WEFT_RETURN_IF_ERROR(
        stage->WaitUntil([&] { return prober->Board().acknowledged == job_count; }));
  }
  WEFT_RETURN_IF_ERROR(stage->StartFleets({.frames = order.chunks}, order.workers));
  for (const auto& fleet : stage->Fleets()) {
    fleet->Board().hold = true;
  }
  WEFT_RETURN_IF_ERROR(
      stage->WaitUntil([&] { return stage->Sum(&FleetBoard::assigned) >= workers; }));
  stage->Coordinator().Kill();
  for (const auto& fleet : stage->Fleets()) {
    fleet->Board().welcomed = 0;
  }
  const std::int64_t begin = SteadyNanoseconds();
  WEFT_RETURN_IF_ERROR(stage->StartCoordinator());
  WEFT_ASSIGN_OR_RETURN(const std::unique_ptr<FleetProcess> fresh,
                        stage->StartFleet({.name = "fresh",
                                           .frames = order.chunks,
                                           .reconnect_first_ms = 5,
                                           .reconnect_max_ms = 5}));
  WEFT_RETURN_IF_ERROR(stage->WaitUntil([&] { return fresh->Board().first_assigned_ns != 0; }));
  figures.dispatch_seconds = Seconds(fresh->Board().first_assigned_ns - begin);
  WEFT_RETURN_IF_ERROR(
      stage->WaitUntil([&] { return stage->Sum(&FleetBoard::welcomed) == workers; }));
  figures.reconnect_seconds = Seconds(SteadyNanoseconds() - begin);
  for (const auto& fleet : stage->Fleets()) {
    fleet->Board().hold = false;
  }
  WEFT_RETURN_IF_ERROR(stage->WaitUntil(
      [&] { return stage->Sum(&FleetBoard::jobs_done) + fresh->Board().jobs_done == job_count; }));
  figures.repeated = stage->Sum(&FleetBoard::repeated) + fresh->Board().repeated;
  figures.superseded = stage->Sum(&FleetBoard::superseded) + fresh->Board().superseded;
  figures.memory_bytes = PeakMemoryOf(stage->Coordinator().Pid());
  return figures;
}

}  // namespace weft::bench
