// How jobs are planned: the part of JobLife that makes tasks of what the probe found.

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "coordinator/core/clip_check.h"
#include "coordinator/core/exchange_choice.h"
#include "coordinator/core/job_life.h"
#include "coordinator/core/probe_plan.h"

namespace weft::coordinator {

void JobLife::Plan(Job& job, const v1::Clip& probed, Effects& effects) {
  if (job.clip.has_value() || (job.indexed.has_value() && IsIndex(probed))) {
    return;
  }
  if (IsIndex(probed)) {
    job.indexed = probed;
    job.in_assignments.reset();
    job.plan = PlanProbe(job.spec, &probed);
    floor_.tasks.Add(job);
    effects.records.push_back(job.ToRecord());
    return;
  }
  v1::Clip clip = probed;
  clip.set_round_steps(ChooseRounds(job, clip, effects));
  Result<JobPlan> plan = PlanNewJob(job.spec, clip);
  if (!plan) {
    Fail(job, plan.error(), effects);
    return;
  }
  if (std::string lost = BitsLost(job.spec, clip); !lost.empty()) {
    Tell(job, {.text = std::move(lost)}, effects);
  }
  job.indexed.reset();
  job.clip = std::move(clip);
  job.in_assignments.reset();
  job.plan = std::move(plan).value();
  floor_.tasks.Add(job);
  effects.records.push_back(job.ToRecord());
}

std::uint32_t JobLife::ChooseRounds(Job& job, const v1::Clip& clip, Effects& effects) {
  if (job.spec.round_steps() > 0) {
    return 0;
  }
  const auto choice = WeighExchange(
      job.spec, clip,
      RatesOf(job.spec, job.terms.workers_expected(), job.terms.link_bytes_per_second()));
  if (!choice) {
    return 0;
  }
  Tell(job, {.text = Reason(*choice)}, effects);
  return choice->chosen().round_steps;
}

Status JobLife::CheckIsPlanned(const Job& job) const {
  const std::vector<const Task*> tasks = floor_.tasks.OfJob(job.id);
  const bool has_more = std::any_of(
      tasks.begin(), tasks.end(), [](const Task* task) { return task->state != TaskState::kDone; });
  if (job.clip.has_value() || has_more) {
    return {};
  }
  return Failure(ErrorCode::kFailedPrecondition,
                 "job " + job.id.value + " cannot be planned for its clip, and would fail again: " +
                     (job.error ? job.error->message() : "") +
                     "; hand it in anew with other fields");
}

}  // namespace weft::coordinator
