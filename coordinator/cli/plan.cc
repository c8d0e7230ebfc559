#include "coordinator/cli/plan.h"

#include "coordinator/cli/places.h"
#include "coordinator/cli/plan_report.h"
#include "coordinator/cli/work_estimate.h"
#include "coordinator/core/chunk_plan.h"
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

Status Estimate(const std::string& device, PlanReport& report) {
  WEFT_ASSIGN_OR_RETURN(const models::ModelCost cost, CostOfModel(report.spec, report.clip));
  report.rates = NominalRates(device);
  if (IsEstimable(report.spec)) {
    report.task_seconds = TaskSeconds(report.plan, report.spec, report.clip, cost, report.rates);
    report.wall_seconds = WallSeconds(report.plan, report.task_seconds, report.workers);
  }
  return {};
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
  WEFT_ASSIGN_OR_RETURN(report.plan, coordinator::PlanJob(spec, report.clip));
  report.workers = WorkerCount(options, core_count);
  WEFT_RETURN_IF_ERROR(Estimate(spec.device().empty() ? "cpu" : spec.device(), report));
  return options.json ? PlanJson(report) : PlanText(report);
}

}  // namespace weft::cli
