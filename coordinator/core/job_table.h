// The jobs that were accepted, in this life or an earlier one.

#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/error.h"
#include "common/ids.h"
#include "coordinator/core/chunk_plan.h"
#include "coordinator/core/job_news.h"
#include "coordinator/core/job_tally.h"
#include "coordinator/core/recent_map.h"
#include "coordinator/core/record.h"
#include "weft/v1/client.pb.h"

namespace weft::coordinator {

// Numbers equal weft.v1.JobState.
enum class JobState : std::uint8_t {
  kRunning = 1,
  kDone = 2,
  kFailed = 3,
  kCancelled = 4,
  kAccepted = 5,
  kPaused = 6,
};

// It has not ended: results of its tasks are still wanted.
constexpr bool IsOpen(JobState state) {
  return state == JobState::kAccepted || state == JobState::kRunning || state == JobState::kPaused;
}

struct Job {
  JobId id;
  std::string client_token;
  v1::JobSpec spec;
  std::string model_key;  // ModelKey() of the specification, from Add() on.
  v1::JobTerms terms;
  std::uint64_t sequence = 0;       // In order of submission.
  std::uint64_t ended_unix_ms = 0;  // 0 while it has not ended.
  JobState state = JobState::kAccepted;
  std::optional<Error> error;            // Of a failed job.
  std::string log;                       // Likewise: the end of the failed task's log.
  std::optional<v1::Clip> indexed;       // While the probe reads the clip in parts.
  std::optional<v1::Clip> clip;          // Once the probe is done.
  std::optional<v1::SeamFigures> seams;  // Once the job is done, if it asked for them.
  // Of the workers that compute its pictures, once the first has begun; none where any will do.
  std::optional<std::string> numeric_class;
  std::uint32_t pictures_since = 0;          // Of the workers that began it; see protocol.h.
  std::uint64_t result_dropped_unix_ms = 0;  // 0: nobody had its kept result dropped.
  JobPlan plan;                              // Of the probe alone until its clip is known.
  // What the assignments of all its tasks have in common: see BytesInAssignments(). Null until it
  // is made, again once more of the clip is known, and after the end. Messages that are on their
  // way hold it as well.
  std::shared_ptr<const std::string> in_assignments;
  JobNews news;
  Pace pace;

  [[nodiscard]] Record ToRecord() const;
  [[nodiscard]] std::uint32_t Priority() const;
};

// kDataLoss: the record makes no sense.
Result<Job> FromRecord(const v1::JobRecord& record);

// Jobs stay where they are: pointers to them hold as long as the table.
class JobTable {
 public:
  // The job's sequence is set to the next one unless it has one.
  // REQUIRES: no job of this id.
  Job& Add(Job job);

  void Move(Job& job, JobState state);

  // It is here no more, and known for that. REQUIRES: it has ended.
  void Forget(const JobId& id, std::uint64_t unix_ms);
  // Likewise, of a job that an earlier life has forgotten.
  void NoteForgotten(const JobId& id, std::uint64_t unix_ms) { forgotten_[id] = unix_ms; }
  // Not even known for that any more.
  void Unlearn(const JobId& id) { forgotten_.erase(id); }
  [[nodiscard]] bool WasForgotten(const JobId& id) const { return forgotten_.count(id) > 0; }
  // When each was.
  [[nodiscard]] const std::map<JobId, std::uint64_t>& Forgotten() const { return forgotten_; }

  [[nodiscard]] Job* Find(const JobId& id);
  [[nodiscard]] const Job* Find(const JobId& id) const;

  // Those that wait for the job, by their terms.
  [[nodiscard]] const std::vector<JobId>& FollowersOf(const JobId& id) const;

  // Jobs of the user that have not ended.
  [[nodiscard]] std::uint32_t OpenOf(const std::string& user) const;

  [[nodiscard]] const std::map<JobId, Job>& All() const { return jobs_; }

  // In order of submission, by sequence.
  [[nodiscard]] const std::map<std::uint64_t, const Job*>& BySequence() const {
    return by_sequence_;
  }

 private:
  std::map<JobId, Job> jobs_;
  RecentMap<JobId, Job*> by_id_;
  std::map<std::uint64_t, const Job*> by_sequence_;
  std::map<std::string, std::uint32_t> open_;  // By user.
  std::map<JobId, std::vector<JobId>> followers_;
  std::map<JobId, std::uint64_t> forgotten_;
  std::uint64_t last_sequence_ = 0;
};

}  // namespace weft::coordinator
