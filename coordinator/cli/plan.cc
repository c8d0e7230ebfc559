#include "coordinator/cli/plan.h"

#include "coordinator/cli/places.h"
#include "coordinator/cli/plan_report.h"
#include "coordinator/cli/work_estimate.h"
#include "coordinator/core/chunk_plan.h"
#include "coordinator/core/clip_check.h"
#include "coordinator/core/exchange_choice.h"
#include "coordinator/core/spec_check.h"
#include "worker/models/model_cost.h"
#include "worker/stages/job_model.h"
#include "worker/stages/probe.h"

namespace weft::cli {

namespace {

// A deflicker job has no model, which then costs nothing.
Result<models::ModelCost> CostOfModel(const v1::JobSpec& spec, const v1::Clip& clip) {
  if (spec.kind() == v1::JOB_KIND_DEFLICKER) {
    return models::ModelCost{};
  }
  WEFT_ASSIGN_OR_RETURN(const models::ModelOptions model, worker::ModelOptionsOf(spec));
  return models::EstimateCost(model, static_cast<int>(clip.padded_size().width()),
                              static_cast<int>(clip.padded_size().height()));
}

Status Estimate(PlanReport& report) {
  WEFT_ASSIGN_OR_RETURN(const models::ModelCost cost, CostOfModel(report.spec, report.clip));
  report.rates = NominalRates(report.spec);
  if (IsEstimable(report.spec)) {
    report.task_seconds = TaskSeconds(report.plan, report.spec, report.clip, cost, report.rates);
    report.wall_seconds = WallSeconds(report.plan, report.task_seconds, report.workers);
  }
  return {};
}

// As `weft render` has it; more workers than this machine has cores are a fleet.
void WeighExchange(std::uint32_t core_count, PlanReport& report) {
  const double bytes_per_second = report.workers <= core_count
                                      ? coordinator::kLocalBytesPerSecond
                                      : coordinator::kNetworkBytesPerSecond;
  report.exchange = coordinator::WeighExchange(
      report.spec, report.clip,
      coordinator::RatesOf(report.spec, report.workers, bytes_per_second));
  if (report.exchange) {
    report.clip.set_round_steps(report.exchange->chosen().round_steps);
  }
}

}  // namespace

Result<std::string> Plan(const JobOptions& options,
                         const v1::JobSpec& spec,
                         std::uint32_t core_count) {
  WEFT_RETURN_IF_ERROR(coordinator::CheckSpec(spec));
  WEFT_RETURN_IF_ERROR(CheckNoObjects(spec));
  WEFT_RETURN_IF_ERROR(CheckSources(spec));
  PlanReport report;
  report.spec = spec;
  WEFT_ASSIGN_OR_RETURN(report.clip, worker::ProbeClip(spec));
  WEFT_RETURN_IF_ERROR(coordinator::CheckClip(report.clip));
  report.workers = WorkerCount(options, core_count);
  WeighExchange(core_count, report);
  WEFT_ASSIGN_OR_RETURN(report.plan, coordinator::PlanNewJob(spec, report.clip));
  WEFT_RETURN_IF_ERROR(Estimate(report));
  return options.json ? PlanJson(report) : PlanText(report);
}

}  // namespace weft::cli
