// How fast the coordinator is: the real program with its ledger on disk, over TCP, against
// processes full of simulated workers.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/result.h"

namespace weft::bench {

struct FarmOrder {
  int workers = 1000;  // Of one slot.
  int processes = 0;   // That share the workers; 0: as few as have room for them.
  std::uint64_t tasks = 100'000;
  std::uint32_t chunks = 1000;  // Of one job.
  double rate = 2000;           // Tasks a second that are offered to an idle fleet.
  double seconds = 10;          // For so long.
  std::string coordinator;      // The program.
  std::string folder;           // For the ledgers; empty: the system's for temporary files.
  std::vector<std::string> coordinator_options = {};
  bool curve = false;          // Encrypted, and everybody known by key.
  bool plain_sockets = false;  // See FleetOptions.
};

// Every submission, assignment and outcome on disk before anybody is told of it.
struct ThroughputFigures {
  std::uint64_t tasks = 0;
  double seconds = 0;          // From the first submission to the last acknowledgement.
  double connect_seconds = 0;  // Until all workers were welcomed.
  double cpu_us_per_task = 0;  // Of the coordinator, all threads.
  double fleet_us_per_task = 0;
  std::uint64_t memory_bytes = 0;  // Of the coordinator, at its highest.
};

// From a job's submission until a worker has its first task.
struct DispatchFigures {
  std::size_t jobs = 0;
  double p50_ms = 0;
  double p99_ms = 0;
  double p999_ms = 0;
  std::uint64_t memory_bytes = 0;  // Of the coordinator, at its highest.
};

// After a SIGKILL, with a task running on every worker.
struct RecoveryFigures {
  std::uint64_t open_tasks = 0;
  double dispatch_seconds = 0;   // From the new process's start until it assigned a task.
  double reconnect_seconds = 0;  // Until all workers were welcomed again.
  std::uint64_t repeated = 0;    // Tasks that were begun a second time.
  std::uint64_t superseded = 0;  // Outcomes that counted for nothing.
  std::uint64_t memory_bytes = 0;
};

// kUnavailable: it took longer than ten minutes, or the coordinator ended.
// Other errors: no processes, ports or folders to be had.
Result<ThroughputFigures> MeasureThroughput(const FarmOrder& order);
Result<DispatchFigures> MeasureDispatch(const FarmOrder& order);
Result<RecoveryFigures> MeasureRecovery(const FarmOrder& order);

}  // namespace weft::bench
