// How jobs are forgotten: the part of JobLife that gives their space back.

#include <cassert>
#include <string>
#include <utility>
#include <vector>

#include "coordinator/core/job_life.h"
#include "coordinator/core/result_keep.h"

namespace weft::coordinator {
namespace {

// As many as make no long batch.
constexpr std::size_t kTasksAtATime = 20'000;
constexpr std::size_t kForgottenAtATime = 1000;

bool IsPast(std::uint64_t since_unix_ms, const Floor& floor) {
  return since_unix_ms + static_cast<std::uint64_t>(floor.options.job_keep->count()) <=
         floor.UnixMs();
}

// Who waits for a job that is gone takes it for done.
Status CheckNobodyWaits(const Job& job, const Floor& floor) {
  const std::vector<JobId>& followers = floor.jobs.FollowersOf(job.id);
  if (job.state == JobState::kDone || followers.empty()) {
    return {};
  }
  return Failure(ErrorCode::kFailedPrecondition, "job " + followers.front().value +
                                                     " was to run after job " + job.id.value +
                                                     ", which is not done: forget that one first");
}

}  // namespace

Status JobLife::Forget(const JobId& id, Effects& effects) {
  if (floor_.jobs.WasForgotten(id)) {
    return {};
  }
  WEFT_ASSIGN_OR_RETURN(Job* const job, Find(id));
  if (IsOpen(job->state)) {
    return Failure(ErrorCode::kFailedPrecondition,
                   "job " + id.value + " has not ended; cancel it first");
  }
  WEFT_RETURN_IF_ERROR(CheckNobodyWaits(*job, floor_));
  assert(floor_.leases.OfJob(id).empty() && floor_.elders.OfJob(id).empty());
  v1::ForgottenJob forgotten;
  forgotten.set_job(id.value);
  forgotten.set_unix_ms(floor_.UnixMs());
  effects.records.push_back(ToRecord(std::move(forgotten)));
  for (const Task* const task : floor_.tasks.OfJob(id)) {
    if (task->starts > 0) {  // Else no record is of it.
      effects.records.push_back(Erased(task->id));
    }
  }
  effects.drops.push_back(id.value + "/");
  effects.notes.push_back({.text = "job forgotten", .job = id.value});
  floor_.results.Remove(job->terms.user(), id);
  floor_.tasks.Remove(id);
  floor_.jobs.Forget(id, floor_.UnixMs());
  return {};
}

void JobLife::ForgetPast(Effects& effects) {
  if (!floor_.options.job_keep.has_value()) {
    return;
  }
  std::vector<JobId> past;
  std::size_t tasks = 0;
  for (const auto& [sequence, job] : floor_.jobs.BySequence()) {
    if (!IsOpen(job->state) && IsPast(job->ended_unix_ms, floor_) && !HasResult(*job, floor_) &&
        CheckNobodyWaits(*job, floor_)) {
      past.push_back(job->id);
      tasks += job->plan.tasks.size();
    }
    if (tasks >= kTasksAtATime) {
      break;
    }
  }
  for (const JobId& id : past) {
    const Status forgotten = Forget(id, effects);
    assert(forgotten.has_value());
    static_cast<void>(forgotten);
  }
  std::vector<JobId> unlearned;
  for (const auto& [id, unix_ms] : floor_.jobs.Forgotten()) {
    if (IsPast(unix_ms, floor_) && unlearned.size() < kForgottenAtATime) {
      unlearned.push_back(id);
    }
  }
  for (const JobId& id : unlearned) {
    floor_.jobs.Unlearn(id);
    effects.records.push_back(Erased(id));
  }
}

}  // namespace weft::coordinator
