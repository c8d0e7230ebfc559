// The worker processes of a local render: kept alive until told to stop.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/result.h"
#include "common/time.h"
#include "coordinator/cli/child_process.h"

namespace weft::cli {

struct FleetPolicy {
  Duration restart_first = std::chrono::milliseconds(200);  // Doubles up to restart_max.
  Duration restart_max = std::chrono::seconds(5);
  Duration early = std::chrono::seconds(2);          // A worker that ends sooner ended early.
  std::uint32_t early_ends_max = 5;                  // In a row, of one worker that never worked.
  Duration stop_patience = std::chrono::seconds(5);  // Between SIGTERM and SIGKILL.
};

struct FleetWorker {
  std::string name;
  ChildCommand command;
};

// Used by the main thread, see ChildProcess. Kills what still runs when destroyed.
class WorkerFleet {
 public:
  explicit WorkerFleet(std::vector<FleetWorker> workers, FleetPolicy policy = {});

  // Starts what is due and takes note of what ended; call it often. Returns what happened, a line
  // each, for the user.
  // kFailedPrecondition: a worker ends at once, again and again; with its last words, or those of
  // the log that its command names with --log-file.
  // Otherwise: a worker cannot be started at all.
  Result<std::vector<std::string>> Tend(Time now);

  // Some worker has got work: what ends from now on ended of its work, not of its installation, and
  // whether to try on is the coordinator's decision.
  void SawWork();

  // Asks all workers to end (SIGTERM), waits, and kills those that do not.
  void Stop();

 private:
  struct Place {
    FleetWorker worker;
    std::optional<ChildProcess> child = std::nullopt;
    Time started = {};
    Time start_at = {};  // When it may be started (again).
    Duration pause = {};
    std::uint32_t early_ends = 0;
  };

  Result<std::optional<std::string>> TendPlace(Place& place, Time now) const;
  void NoteEnd(Place& place, Time now) const;
  static tl::unexpected<Error> GiveUp(const Place& place, const std::string& end);

  std::vector<Place> places_;
  FleetPolicy policy_;
};

}  // namespace weft::cli
