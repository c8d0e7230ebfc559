// A coordinator and workers as an operator runs them: each a process of its own, started again by
// its supervisor whenever it ends.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "common/clock.h"
#include "coordinator/cli/job_client.h"
#include "tests/system/command.h"
#include "weft/v1/client.pb.h"

namespace weft {
class ZmqContext;
}  // namespace weft

namespace weft::testing {

class StandaloneFarm {
 public:
  struct Options {
    std::string folder;  // Of its state and sockets; short enough for those.
    std::size_t worker_count = 1;
    std::chrono::milliseconds lease{20'000};
    std::vector<std::string> environment;  // NAME=VALUE, of all its programs.
    std::vector<std::string> coordinator;  // Further options of it.
  };

  explicit StandaloneFarm(const Options& options);
  StandaloneFarm(const StandaloneFarm&) = delete;
  StandaloneFarm& operator=(const StandaloneFarm&) = delete;
  ~StandaloneFarm();

  // Submits the job, or finds it again. REQUIRES: called once.
  void Submit(const v1::JobSpec& spec);
  // Starts again who has ended.
  void Tend();
  // Likewise, and listens to what becomes of the job, for a moment.
  void Live();
  // Until it has ended.
  [[nodiscard]] v1::JobStatus LiveToTheEnd();

  [[nodiscard]] const v1::JobStatus& Status() const { return status_; }
  // All that was told about the job.
  [[nodiscard]] const std::string& Notes() const { return notes_; }
  [[nodiscard]] int Restarts() const { return restarts_; }
  [[nodiscard]] const Command& Coordinator() const { return *coordinator_; }
  [[nodiscard]] const Command& Worker(std::size_t index) const { return *workers_.at(index); }

  // Everybody leaves in peace. REQUIRES: nothing is called any more but what follows.
  void Stop();
  // "weft fsck" of what the farm has left.
  [[nodiscard]] Outcome Check() const;
  // Results that workers still keep.
  [[nodiscard]] std::size_t KeptOutcomes() const;

 private:
  [[nodiscard]] std::unique_ptr<Command> Start(std::vector<std::string> words) const;
  [[nodiscard]] std::unique_ptr<Command> StartCoordinator() const;
  [[nodiscard]] std::unique_ptr<Command> StartWorker(std::size_t index) const;
  [[nodiscard]] std::string Outbox(std::size_t index) const;

  const Options options_;
  const std::string control_;
  SteadyClock clock_;
  std::unique_ptr<ZmqContext> context_;
  std::unique_ptr<Connection> connection_;
  std::unique_ptr<cli::JobClient> client_;
  std::unique_ptr<Command> coordinator_;
  std::vector<std::unique_ptr<Command>> workers_;
  v1::JobStatus status_;
  std::string notes_;
  int restarts_ = 0;
};

}  // namespace weft::testing
