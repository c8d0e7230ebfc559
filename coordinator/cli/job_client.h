// A client's side of the conversation with a coordinator: submits one job and watches it.

#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "common/clock.h"
#include "common/result.h"
#include "common/transport.h"
#include "weft/v1/client.pb.h"
#include "weft/v1/envelope.pb.h"

namespace weft::cli {

// Nothing of the job will run any more.
bool HasEnded(v1::JobState state);

struct JobRequest {
  std::string token;
  v1::JobSpec spec;
  // An earlier job of this token that is done will do; otherwise it is rendered once more.
  bool earlier_will_do = false;
  v1::JobTerms terms = {};
};

// The coordinator finds a job again by its token and never runs it twice. An earlier try that
// failed or was cancelled is asked for anew under the next token: "TOKEN", "TOKEN.2", "TOKEN.3"
// ...; one that was interrupted goes on. Used by one thread.
class JobClient {
 public:
  // connection, clock: used, and outlive this.
  JobClient(Connection& connection, const Clock& clock, JobRequest request);

  // Says what is due, waits up to `timeout` for news and returns it: the status of the job. Call it
  // again and again.
  // kUnavailable: the coordinator has been silent for too long.  Others: it refused the job.
  Result<std::optional<v1::JobStatus>> Poll(Duration timeout);

 private:
  void SayWhatIsDue();
  Result<std::optional<v1::JobStatus>> Take(const v1::FromCoordinator& message);
  std::optional<v1::JobStatus> TakeStatus(const v1::JobStatus& status);
  [[nodiscard]] bool IsSpent(const v1::JobStatus& status) const;
  void TryAnew();

  Connection& connection_;
  const Clock& clock_;
  JobRequest request_;
  std::uint32_t try_ = 1;
  std::string job_;           // Empty until submitted.
  bool is_earlier_ = false;   // The job was there before, and its first status is still to come.
  Time heard_;                // When the coordinator last said something.
  std::optional<Time> said_;  // When it was last asked.
};

}  // namespace weft::cli
