#include "coordinator/core/job_life.h"

#include <cmath>
#include <deque>
#include <set>
#include <utility>

#include "common/wire/ids_wire.h"
#include "coordinator/core/blob_need.h"
#include "coordinator/core/clip_check.h"
#include "coordinator/core/exchange_choice.h"
#include "coordinator/core/job_id.h"
#include "coordinator/core/job_order.h"
#include "coordinator/core/kept_look.h"
#include "coordinator/core/place_check.h"
#include "coordinator/core/probe_plan.h"
#include "coordinator/core/result_keep.h"
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

using Refusal = JobLife::Refusal;

Refusal Plain(const Error& error) {
  return {error, v1::REFUSAL_KIND_UNSPECIFIED};
}

Status CheckPriority(std::uint32_t priority) {
  constexpr std::uint32_t kPriorityMax = 100;
  if (priority > kPriorityMax) {
    return Failure(ErrorCode::kInvalidArgument,
                   "priority is " + std::to_string(priority) + ": 0 to 100");
  }
  return {};
}

Status CheckTerms(const v1::JobTerms& terms) {
  constexpr int kTagsMax = 32;
  constexpr std::size_t kNameBytesMax = 128;
  WEFT_RETURN_IF_ERROR(CheckPriority(terms.priority()));
  if (terms.user().size() > kNameBytesMax || terms.name().size() > kNameBytesMax ||
      terms.tags_size() > kTagsMax) {
    return Failure(ErrorCode::kInvalidArgument,
                   "user and name may have 128 bytes, and a job 32 tags of 1 to 128 bytes");
  }
  if (!std::isfinite(terms.link_bytes_per_second()) || terms.link_bytes_per_second() < 0) {
    return Failure(ErrorCode::kInvalidArgument, "link_bytes_per_second must be a number from 0 on");
  }
  for (const std::string& tag : terms.tags()) {
    if (tag.empty() || tag.size() > kNameBytesMax) {
      return Failure(ErrorCode::kInvalidArgument, "a tag must have 1 to 128 bytes");
    }
  }
  return {};
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

tl::expected<v1::JobSubmitted, Refusal> JobLife::Submit(const v1::SubmitJob& request,
                                                        Effects& effects) {
  if (request.client_token().empty() || request.client_token().size() > kTokenBytesMax) {
    return tl::unexpected(
        Plain(Error(ErrorCode::kInvalidArgument, "client_token must have 1 to 256 bytes")));
  }
  const JobId id = JobIdOf(request.client_token());
  if (const Job* known = floor_.jobs.Find(id); known != nullptr) {
    return Rediscover(*known, request).map_error(Plain);
  }
  if (floor_.jobs.WasForgotten(id)) {
    return tl::unexpected(
        Plain({ErrorCode::kAlreadyExists, "the client token is that of job " + id.value +
                                              ", which was forgotten; take another token"}));
  }
  if (auto refusal = FindRefusal(request); refusal.has_value()) {
    return tl::unexpected(*std::move(refusal));
  }
  if (floor_.held.has_value()) {
    return tl::unexpected(Plain({ErrorCode::kNoSpace, *floor_.held}));
  }
  Job job;
  job.id = id;
  job.client_token = request.client_token();
  job.spec = request.spec();
  job.terms = request.terms();
  job.terms.set_submitted_unix_ms(floor_.UnixMs());
  if (job.terms.workers_expected() == 0) {
    job.terms.set_workers_expected(static_cast<std::uint32_t>(floor_.workers.size()));
  }
  if (job.terms.link_bytes_per_second() == 0) {
    job.terms.set_link_bytes_per_second(floor_.options.link_bytes_per_second);
  }
  job.pictures_since = floor_.options.pictures_since;
  job.plan = PlanProbe(job.spec, nullptr);
  const Job& added = floor_.jobs.Add(std::move(job));
  floor_.tasks.Add(added);
  const Job* const before = FirstNotDone(added.terms, floor_.jobs);
  if (before != nullptr) {
    floor_.tasks.Close(id);
  }
  effects.records.push_back(added.ToRecord());
  effects.notes.push_back({.text = before == nullptr
                                       ? "job accepted"
                                       : "job accepted; it waits for " + before->id.value,
                           .job = id.value,
                           .event = "job.accepted"});
  return Submitted(id, false);
}

std::optional<Refusal> JobLife::FindRefusal(const v1::SubmitJob& request) const {
  if (const Status spec = CheckSpec(request.spec()); !spec) {
    return Plain(spec.error());
  }
  if (const Status terms = CheckTerms(request.terms()); !terms) {
    return Plain(terms.error());
  }
  if (const Status owner = CheckOwner(request.spec(), request.terms().user()); !owner) {
    return Plain(owner.error());
  }
  if (const Status order = CheckOrder(request.terms(), floor_.jobs); !order) {
    return Plain(order.error());
  }
  if (const Status look = CheckKeptLook(request, floor_); !look) {
    return Plain(look.error());
  }
  const std::string& user = request.terms().user();
  if (const Status room = CheckResultRoom(request.spec(), user, floor_); !room) {
    return Refusal{room.error(), v1::REFUSAL_KIND_OVER_LIMIT};
  }
  if (floor_.jobs.OpenOf(user) >= floor_.options.user_jobs_max) {
    return Refusal{Error(ErrorCode::kResourceExhausted,
                         "user '" + user + "' has " + std::to_string(floor_.jobs.OpenOf(user)) +
                             " open jobs already, which is the limit"),
                   v1::REFUSAL_KIND_OVER_LIMIT};
  }
  return FindIncompatibility(request);
}

std::optional<Refusal> JobLife::FindIncompatibility(const v1::SubmitJob& request) const {
  const auto& crews = floor_.workers.Crews();
  if (crews.empty() || request.terms().wait_for_workers()) {
    return std::nullopt;  // Workers may yet come.
  }
  constexpr std::size_t kLacksMax = 8;
  const Requirement requirement = RequirementOf(request.spec(), request.terms());
  std::set<std::string> lacks;
  for (const auto& [capability, crew] : crews) {
    const auto lack = FindLack(capability, requirement);
    if (!lack.has_value()) {
      return std::nullopt;
    }
    if (lacks.size() < kLacksMax) {
      lacks.insert(*lack);
    }
  }
  std::string text = "not compatible: no connected worker has what the job asks for; they lack";
  for (const std::string& lack : lacks) {
    text += (&lack == &*lacks.begin() ? " " : ", ") + lack;
  }
  return Refusal{Error(ErrorCode::kUnsupported, text), v1::REFUSAL_KIND_NOT_COMPATIBLE};
}

Result<Job*> JobLife::Find(const JobId& id) {
  Job* job = floor_.jobs.Find(id);
  if (job == nullptr) {
    return Failure(ErrorCode::kNotFound, "no such job: " + id.value);
  }
  return job;
}

Status JobLife::Cancel(const JobId& id, Effects& effects) {
  WEFT_ASSIGN_OR_RETURN(Job* const job, Find(id));
  if (IsOpen(job->state)) {
    End(*job, JobState::kCancelled, effects);
    effects.notes.push_back({.text = "job cancelled", .job = id.value, .event = "job.cancelled"});
  }
  return {};
}

Status JobLife::Pause(const JobId& id, Effects& effects) {
  WEFT_ASSIGN_OR_RETURN(Job* const job, Find(id));
  if (!IsOpen(job->state)) {
    return Failure(ErrorCode::kFailedPrecondition, "job " + id.value + " has ended");
  }
  if (job->state != JobState::kPaused) {
    Move(*job, JobState::kPaused, effects);
    floor_.tasks.Close(id);
    Tell(*job, {.text = "job paused", .event = "job.paused"}, effects);
  }
  return {};
}

Status JobLife::Resume(const JobId& id, Effects& effects) {
  WEFT_ASSIGN_OR_RETURN(Job* const job, Find(id));
  if (!IsOpen(job->state)) {
    return Failure(ErrorCode::kFailedPrecondition, "job " + id.value + " has ended");
  }
  if (job->state == JobState::kPaused && FirstNotDone(job->terms, floor_.jobs) != nullptr) {
    Move(*job, JobState::kAccepted, effects);
    Tell(*job, {.text = "job resumed; it waits for others", .event = "job.resumed"}, effects);
  } else if (job->state == JobState::kPaused) {
    Move(*job, JobState::kRunning, effects);
    floor_.tasks.Open(id);
    Tell(*job, {.text = "job resumed", .event = "job.resumed"}, effects);
  }
  return {};
}

Status JobLife::Retry(const JobId& id, Effects& effects) {
  WEFT_ASSIGN_OR_RETURN(Job* const job, Find(id));
  if (job->state == JobState::kDone) {
    return Failure(ErrorCode::kFailedPrecondition, "job " + id.value + " is done");
  }
  if (IsOpen(job->state)) {
    return {};
  }
  WEFT_RETURN_IF_ERROR(CheckNotInVain(job->terms, floor_.jobs));
  WEFT_RETURN_IF_ERROR(CheckIsPlanned(*job));
  const bool waits = FirstNotDone(job->terms, floor_.jobs) != nullptr;
  job->error.reset();
  job->log.clear();
  job->ended_unix_ms = 0;
  Move(*job, waits ? JobState::kAccepted : JobState::kRunning, effects);
  for (const Task* task : floor_.tasks.Forget(id)) {
    effects.records.push_back(task->ToRecord());
  }
  if (!waits) {
    floor_.tasks.Open(id);
  }
  Tell(*job, {.text = "job is tried again", .event = "job.retried"}, effects);
  return {};
}

Status JobLife::DropResult(const JobId& id, Effects& effects) {
  WEFT_ASSIGN_OR_RETURN(Job* const job, Find(id));
  WEFT_RETURN_IF_ERROR(CheckIsOfResult(*job));
  if (HasResult(*job, floor_)) {
    job->result_dropped_unix_ms = floor_.UnixMs();
    floor_.results.Remove(job->terms.user(), id);
    effects.records.push_back(job->ToRecord());
    effects.drops.push_back(id.value + "/");
    Tell(*job, {.text = "its result is dropped, as somebody asked for that"}, effects);
  }
  return {};
}

Status JobLife::Prioritize(const JobId& id, std::uint32_t priority, Effects& effects) {
  WEFT_ASSIGN_OR_RETURN(Job* const job, Find(id));
  WEFT_RETURN_IF_ERROR(CheckPriority(priority));
  if (job->Priority() != priority) {
    job->terms.set_priority(priority);
    floor_.tasks.Prioritize(id, priority);
    effects.records.push_back(job->ToRecord());
    Tell(*job, {.text = "job has priority " + std::to_string(priority) + " now"}, effects);
  }
  return {};
}

void JobLife::Finish(Job& job, Effects& effects) {
  End(job, JobState::kDone, effects);
  DropAllButResult(job, effects);
  CountResult(job, floor_);
  effects.notes.push_back({.text = "job done", .job = job.id.value, .event = "job.done"});
}

void JobLife::Fail(Job& job, Error error, Effects& effects) {
  NoteFailure(job, std::move(error), effects);
  End(job, JobState::kFailed, effects);
}

void JobLife::NoteFailure(Job& job, Error error, Effects& effects) {
  effects.notes.push_back({.level = Note::Level::kWarning,
                           .text = "job failed: " + error.message(),
                           .job = job.id.value,
                           .event = "job.failed"});
  job.error = std::move(error);
}

void JobLife::Move(Job& job, JobState state, Effects& effects) {
  floor_.jobs.Move(job, state);
  job.news.Touch();
  effects.records.push_back(job.ToRecord());
}

void JobLife::End(Job& job, JobState state, Effects& effects) {
  EndAlone(job, state, effects);
  std::deque<const Job*> ended = {&job};  // A chain of jobs may be long.
  for (; !ended.empty(); ended.pop_front()) {
    const Job& before = *ended.front();
    for (const JobId& id : floor_.jobs.FollowersOf(before.id)) {
      Job& follower = *floor_.jobs.Find(id);
      if (IsOpen(follower.state) && before.state != JobState::kDone) {
        NoteFailure(follower, WaitsInVain(before), effects);
        EndAlone(follower, JobState::kFailed, effects);
        ended.push_back(&follower);
      } else if (follower.state == JobState::kAccepted &&
                 FirstNotDone(follower.terms, floor_.jobs) == nullptr) {
        floor_.tasks.Open(id);
        Tell(follower, {.text = "all that the job waited for is done"}, effects);
      }
    }
  }
}

void JobLife::EndAlone(Job& job, JobState state, Effects& effects) {
  job.ended_unix_ms = floor_.UnixMs();
  job.in_assignments.reset();
  Move(job, state, effects);
  floor_.tasks.Close(job.id);
  floor_.paces.Forget(job.id);
  for (const Lease& lease : floor_.leases.OfJob(job.id)) {
    floor_.leases.Release(lease.attempt.task);
    ++floor_.totals.attempts_abandoned;
    floor_.tasks.Requeue(*floor_.tasks.Find(lease.attempt.task), Time{});
    TellToStop(lease, floor_, effects);
  }
  for (const Lease& lease : floor_.elders.OfJob(job.id)) {
    floor_.elders.Release(lease.attempt.task);
    ++floor_.totals.attempts_abandoned;
    TellToStop(lease, floor_, effects);
  }
}

}  // namespace weft::coordinator
