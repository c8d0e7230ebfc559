// The farm's whole state. Each table keeps its own rules; JobLife and AttemptLife keep those that
// concern several.

#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "common/time.h"
#include "coordinator/core/conduct.h"
#include "coordinator/core/effects.h"
#include "coordinator/core/exchange_choice.h"
#include "coordinator/core/job_table.h"
#include "coordinator/core/lease_table.h"
#include "coordinator/core/protocol.h"
#include "coordinator/core/result_tally.h"
#include "coordinator/core/retry_policy.h"
#include "coordinator/core/stage_pace.h"
#include "coordinator/core/task_table.h"
#include "coordinator/core/worker_table.h"

namespace weft::coordinator {

struct FarmOptions {
  // Workers are told to speak this often while they are few; see HeartbeatPace().
  Duration heartbeat{1000};
  double heartbeats_per_second = 2500;  // Of all workers together. REQUIRES: > 0.
  // A worker that says nothing for this long, and for three heartbeats of the slowest, is gone.
  Duration silence{5000};
  Duration lease{30'000};        // An attempt that no heartbeat names for this long is given up.
  Duration status_period{1000};  // A watching client hears at least this often,
  Duration status_pause{100};    // and at most this often.
  // An attempt that takes twice as long as others of its kind, and this long, is tried a second
  // time beside the first where a worker is idle.
  Duration straggler{20'000};
  Duration patience{1'800'000};  // An attempt that does not move for this long is given up.
  RetryLimits retry = {};
  ConductLimits conduct = {};
  std::uint32_t user_jobs_max = 10'000;                   // Of one user, that have not ended.
  std::uint32_t user_running_max = 1'000'000;             // Tasks of one user that run at a time.
  double link_bytes_per_second = kNetworkBytesPerSecond;  // Of a worker, and of the store.
  std::string bulk_address;                               // Workers are sent there for blobs.
  // What a job has written and is kept here: so long after it is done.
  Duration result_keep = std::chrono::hours(168);
  // Of one user: with more kept, no further job whose result is to be kept is accepted.
  std::uint64_t result_bytes_max = std::uint64_t{64} << 30;
  // A job is forgotten so long after it has ended. Nothing: when somebody asks for it.
  std::optional<Duration> job_keep = std::nullopt;
  std::uint32_t pictures_since = kPicturesSince;  // Of the workers; another one only in tests.
  // How far the first epoch of a copy is from its last one: drawn at random, for there may be other
  // copies. REQUIRES: > 0.
  std::uint64_t copied_epoch_step = 1;
  // From our time to the time since 1970: for people to read, and for how long results are kept.
  Duration unix_offset{0};
};

// What happened in this life of the coordinator; only ever more.
struct FloorTotals {
  std::uint64_t attempts_started = 0;
  std::uint64_t attempts_done = 0;
  std::uint64_t attempts_failed = 0;
  std::uint64_t attempts_lost = 0;       // With their worker.
  std::uint64_t attempts_withdrawn = 0;  // By a worker that left in peace.
  std::uint64_t attempts_abandoned = 0;  // With their job, or because another attempt was enough.
  std::uint64_t outcomes_superseded = 0;
};

struct Floor {
  explicit Floor(FarmOptions farm_options)
      : options(std::move(farm_options)),
        tasks(options.user_running_max),
        leases(options.lease, options.patience),
        elders(options.lease, options.patience),
        workers(options.silence),
        conduct(options.conduct) {}

  const FarmOptions options;
  [[nodiscard]] std::uint64_t UnixMs() const {
    return static_cast<std::uint64_t>((now.time_since_epoch() + options.unix_offset).count());
  }

  std::uint64_t epoch = 0;  // Of this life of the coordinator.
  // The first one, where the ledger is a copy: earlier lives may have done what it does not know
  // of.
  std::uint64_t copied_epoch = 0;
  Time now{};  // Of the event that is being handled.
  // Why no task starts and no job is accepted; nothing while work goes on.
  std::optional<std::string> held = std::nullopt;
  JobTable jobs;
  TaskTable tasks;
  LeaseTable leases;
  // Of attempts beside which a younger one was started, because they take so long: whichever is
  // done first counts. They are forgotten when this life ends.
  LeaseTable elders;
  StagePaces paces;
  WorkerTable workers;
  Conduct conduct;
  ResultTally results;  // That are kept, as far as anybody looked; see result_keep.h.
  FloorTotals totals = {};
};

// The worker holds a lease of either kind.
bool HoldsAny(const Floor& floor, const WorkerId& worker);

// The lease has ended before its attempt has.
void TellToStop(const Lease& lease, const Floor& floor, Effects& effects);

// Tells the job's clients and the log.
void Tell(Job& job, Note note, Effects& effects);

}  // namespace weft::coordinator
