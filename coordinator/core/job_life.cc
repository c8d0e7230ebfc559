#include "coordinator/core/job_life.h"

#include <utility>

#include "common/wire/ids_wire.h"
#include "coordinator/core/job_id.h"
#include "coordinator/core/spec_check.h"

namespace weft::coordinator {
namespace {

constexpr std::size_t kTokenBytesMax = 256;

v1::JobSubmitted Submitted(const JobId& id, bool existed) {
  v1::JobSubmitted answer;
  answer.set_job(id.value);
  answer.set_existed(existed);
  return answer;
}

Result<v1::JobSubmitted> Rediscover(const Job& job, const v1::SubmitJob& request) {
  if (job.client_token != request.client_token()) {
    return Failure(ErrorCode::kAlreadyExists,
                   "the client token makes the same job id as another; take another token");
  }
  const auto difference = FirstDifference(job.spec, request.spec());
  if (difference.has_value()) {
    return Failure(
        ErrorCode::kAlreadyExists,
        "job " + job.id.value + " was submitted with another specification: " + *difference);
  }
  return Submitted(job.id, true);
}

}  // namespace

Result<v1::JobSubmitted> JobLife::Submit(const v1::SubmitJob& request, Effects& effects) {
  if (request.client_token().empty() || request.client_token().size() > kTokenBytesMax) {
    return Failure(ErrorCode::kInvalidArgument, "client_token must have 1 to 256 bytes");
  }
  const JobId id = JobIdOf(request.client_token());
  if (const Job* known = floor_.jobs.Find(id); known != nullptr) {
    return Rediscover(*known, request);
  }
  if (floor_.held.has_value()) {
    return Failure(ErrorCode::kNoSpace, *floor_.held);
  }
  WEFT_RETURN_IF_ERROR(CheckSpec(request.spec()));
  Job job;
  job.id = id;
  job.client_token = request.client_token();
  job.spec = request.spec();
  job.plan = PlanProbe();
  const Job& added = floor_.jobs.Add(std::move(job));
  floor_.tasks.Add(added);
  effects.records.push_back(added.ToRecord());
  effects.notes.push_back({.text = "job accepted", .job = id.value});
  return Submitted(id, false);
}

Status JobLife::Cancel(const JobId& id, Effects& effects) {
  Job* job = floor_.jobs.Find(id);
  if (job == nullptr) {
    return Failure(ErrorCode::kNotFound, "no such job: " + id.value);
  }
  if (job->state == JobState::kRunning) {
    End(*job, JobState::kCancelled, effects);
    effects.notes.push_back({.text = "job cancelled", .job = id.value});
  }
  return {};
}

void JobLife::Plan(Job& job, const v1::Clip& clip, Effects& effects) {
  const Status plausible = CheckClip(clip);
  if (!plausible) {
    Fail(job, plausible.error().Within("probe"), effects);
    return;
  }
  Result<JobPlan> plan = PlanJob(job.spec, clip);
  if (!plan) {
    Fail(job, plan.error(), effects);
    return;
  }
  job.clip = clip;
  job.plan = std::move(plan).value();
  floor_.tasks.Add(job);
  effects.records.push_back(job.ToRecord());
}

void JobLife::Finish(Job& job, Effects& effects) {
  End(job, JobState::kDone, effects);
  effects.notes.push_back({.text = "job done", .job = job.id.value});
}

void JobLife::Fail(Job& job, Error error, Effects& effects) {
  effects.notes.push_back({.level = Note::Level::kWarning,
                           .text = "job failed: " + error.message(),
                           .job = job.id.value});
  job.error = std::move(error);
  End(job, JobState::kFailed, effects);
}

void JobLife::End(Job& job, JobState state, Effects& effects) {
  job.state = state;
  job.news.Touch();
  effects.records.push_back(job.ToRecord());
  floor_.tasks.Close(job.id);
  for (const Lease& lease : floor_.leases.OfJob(job.id)) {
    floor_.leases.Release(lease.attempt.task);
    floor_.tasks.Requeue(*floor_.tasks.Find(lease.attempt.task), Time{});
    const Worker* worker = floor_.workers.Find(lease.holder.worker);
    if (worker == nullptr || worker->self != lease.holder) {
      continue;
    }
    Message stop{worker->peer, {}};
    *stop.body.mutable_worker_verdict()->add_abandon() = ToWire(lease.attempt);
    effects.messages.push_back(std::move(stop));
  }
}

}  // namespace weft::coordinator
