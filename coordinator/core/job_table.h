// The jobs that were accepted, in this life or an earlier one.

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "common/error.h"
#include "common/ids.h"
#include "coordinator/core/chunk_plan.h"
#include "coordinator/core/job_news.h"
#include "coordinator/core/job_tally.h"
#include "coordinator/core/record.h"
#include "weft/v1/client.pb.h"

namespace weft::coordinator {

// Numbers equal weft.v1.JobState.
enum class JobState : std::uint8_t { kRunning = 1, kDone = 2, kFailed = 3, kCancelled = 4 };

struct Job {
  JobId id;
  std::string client_token;
  v1::JobSpec spec;
  std::uint64_t sequence = 0;  // In order of submission.
  JobState state = JobState::kRunning;
  std::optional<Error> error;    // Of a failed job.
  std::optional<v1::Clip> clip;  // Once the probe is done.
  JobPlan plan;                  // Of the probe alone until then.
  JobNews news;
  Pace pace;

  [[nodiscard]] Record ToRecord() const;
};

// kDataLoss: the record makes no sense.
Result<Job> FromRecord(const v1::JobRecord& record);

// Jobs stay where they are: pointers to them hold as long as the table.
class JobTable {
 public:
  // The job's sequence is set to the next one unless it has one.
  // REQUIRES: no job of this id.
  Job& Add(Job job);

  [[nodiscard]] Job* Find(const JobId& id);
  [[nodiscard]] const Job* Find(const JobId& id) const;

  [[nodiscard]] const std::map<JobId, Job>& All() const { return jobs_; }

 private:
  std::map<JobId, Job> jobs_;
  std::uint64_t last_sequence_ = 0;
};

}  // namespace weft::coordinator
