#include "coordinator/core/job_table.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "common/wire/error_wire.h"
#include "common/wire/model_key.h"
#include "coordinator/core/probe_plan.h"

namespace weft::coordinator {

Record Job::ToRecord() const {
  v1::JobRecord record;
  record.set_job(id.value);
  record.set_client_token(client_token);
  *record.mutable_spec() = spec;
  record.set_state(static_cast<v1::JobState>(state));
  if (error.has_value()) {
    *record.mutable_error() = ToWire(*error);
  }
  if (indexed.has_value()) {
    *record.mutable_indexed() = *indexed;
  }
  if (clip.has_value()) {
    *record.mutable_clip() = *clip;
  }
  record.set_sequence(sequence);
  *record.mutable_terms() = terms;
  record.set_log(log);
  record.set_ended_unix_ms(ended_unix_ms);
  record.set_pictures_since(pictures_since);
  record.set_result_dropped_unix_ms(result_dropped_unix_ms);
  if (numeric_class.has_value()) {
    record.set_numeric_class(*numeric_class);
  }
  if (seams.has_value()) {
    *record.mutable_seams() = *seams;
  }
  return coordinator::ToRecord(std::move(record));
}

std::uint32_t Job::Priority() const {
  constexpr std::uint32_t kPriorityUsual = 50;
  return terms.has_priority() ? terms.priority() : kPriorityUsual;
}

Result<Job> FromRecord(const v1::JobRecord& record) {
  if (record.job().empty() || record.state() == v1::JOB_STATE_UNSPECIFIED ||
      !v1::JobState_IsValid(record.state())) {
    return Failure(ErrorCode::kDataLoss,
                   "the ledger's record of job '" + record.job() + "' has no id or no known state");
  }
  Job job;
  job.id = {record.job()};
  job.client_token = record.client_token();
  job.spec = record.spec();
  job.terms = record.terms();
  job.log = record.log();
  job.sequence = record.sequence();
  job.ended_unix_ms = record.ended_unix_ms();
  job.pictures_since = record.pictures_since();
  job.result_dropped_unix_ms = record.result_dropped_unix_ms();
  job.state = static_cast<JobState>(record.state());
  if (record.has_error()) {
    job.error = FromWire(record.error());
  }
  if (record.has_numeric_class()) {
    job.numeric_class = record.numeric_class();
  }
  if (record.has_seams()) {
    job.seams = record.seams();
  }
  if (record.has_indexed()) {
    job.indexed = record.indexed();
  }
  job.plan = PlanProbe(job.spec, job.indexed ? &*job.indexed : nullptr);
  if (record.has_clip()) {
    job.clip = record.clip();
    WEFT_ASSIGN_OR_RETURN(job.plan, PlanJob(job.spec, *job.clip));
  }
  return job;
}

Job& JobTable::Add(Job job) {
  if (job.sequence == 0) {
    job.sequence = last_sequence_ + 1;
  }
  last_sequence_ = std::max(last_sequence_, job.sequence);
  job.model_key = ModelKey(job.spec);
  open_[job.terms.user()] += IsOpen(job.state) ? 1 : 0;
  const JobId id = job.id;
  const auto [added, is_new] = jobs_.emplace(id, std::move(job));
  assert(is_new);
  by_id_[id] = &added->second;
  by_sequence_.emplace(added->second.sequence, &added->second);
  for (const std::string& before : added->second.terms.after()) {
    followers_[{before}].push_back(id);
  }
  return added->second;
}

void JobTable::Move(Job& job, JobState state) {
  std::uint32_t& open = open_[job.terms.user()];
  open = open - (IsOpen(job.state) ? 1 : 0) + (IsOpen(state) ? 1 : 0);
  job.state = state;
}

void JobTable::Forget(const JobId& id, std::uint64_t unix_ms) {
  const auto job = jobs_.find(id);
  assert(job != jobs_.end() && !IsOpen(job->second.state));
  for (const std::string& before : job->second.terms.after()) {
    const auto followers = followers_.find({before});
    if (followers != followers_.end()) {
      auto& ids = followers->second;
      ids.erase(std::remove(ids.begin(), ids.end(), id), ids.end());
    }
  }
  followers_.erase(id);
  by_sequence_.erase(job->second.sequence);
  by_id_.Erase(id);
  jobs_.erase(job);
  forgotten_[id] = unix_ms;
}

const std::vector<JobId>& JobTable::FollowersOf(const JobId& id) const {
  static const std::vector<JobId> nobody;
  const auto followers = followers_.find(id);
  return followers == followers_.end() ? nobody : followers->second;
}

std::uint32_t JobTable::OpenOf(const std::string& user) const {
  const auto open = open_.find(user);
  return open == open_.end() ? 0 : open->second;
}

Job* JobTable::Find(const JobId& id) {
  Job* const* const job = by_id_.Find(id);
  return job == nullptr ? nullptr : *job;
}

const Job* JobTable::Find(const JobId& id) const {
  Job* const* const job = by_id_.Find(id);
  return job == nullptr ? nullptr : *job;
}

}  // namespace weft::coordinator
