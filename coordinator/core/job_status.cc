#include "coordinator/core/job_status.h"

#include <algorithm>

#include "common/wire/error_wire.h"
#include "common/wire/ids_wire.h"

namespace weft::coordinator {
namespace {

double FractionOf(const Job& job, const JobTally& tally) {
  if (job.state == JobState::kDone) {
    return 1;
  }
  // Before the probe is done nobody knows the whole.
  if (!job.clip.has_value()) {
    return 0;
  }
  return std::clamp(tally.WorkDone() / tally.WorkTotal(), 0.0, 1.0);
}

// Nothing of a job runs while all its workers are gone and only others are here. Where none is
// connected at all, that is plain from their number.
std::string WaitsFor(const Job& job, const Floor& floor) {
  const Requirement& needed = floor.tasks.RequirementOf(job.id);
  if (!IsOpen(job.state) || !job.numeric_class.has_value() || floor.workers.size() == 0 ||
      floor.workers.CountAble(needed) > 0) {
    return "";
  }
  return "not compatible: none of " + std::to_string(floor.workers.size()) +
         " connected workers has the numeric class in which the job began: '" + *job.numeric_class +
         "'; other classes give other bits";
}

}  // namespace

v1::JobStatus StatusOf(const Job& job, const Floor& floor, Time now) {
  const JobTally& tally = floor.tasks.Tally(job.id);
  v1::JobStatus status;
  status.set_job(job.id.value);
  status.set_state(static_cast<v1::JobState>(job.state));
  if (job.error.has_value()) {
    *status.mutable_error() = ToWire(*job.error);
    status.set_log(job.log);
  }
  for (const auto& [stage, counts] : tally.Stages()) {
    v1::StageProgress& progress = *status.add_stages();
    progress.set_stage(ToWire(stage));
    progress.set_tasks_total(counts.total);
    progress.set_tasks_running(counts.running);
    progress.set_tasks_done(counts.done);
  }
  status.set_frames_done(tally.FramesDone());
  status.set_frames_total(job.plan.frame_count);
  status.set_fraction(FractionOf(job, tally));
  const auto left = job.pace.SecondsLeft(now, tally.WorkDone(), tally.WorkTotal());
  if (IsOpen(job.state) && job.clip.has_value() && left.has_value()) {
    status.set_eta_seconds(*left);
  }
  if (job.seams.has_value()) {
    *status.mutable_seams() = *job.seams;
  }
  status.set_waits_for(WaitsFor(job, floor));
  const std::size_t workers = floor.workers.size();
  status.set_workers(static_cast<std::uint32_t>(workers));
  status.set_workers_busy(static_cast<std::uint32_t>(workers - floor.workers.IdleCount()));
  return status;
}

}  // namespace weft::coordinator
