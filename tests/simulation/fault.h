// What goes wrong, or what an operator does: planned before a run begins, so that a run can be
// repeated with fewer of them.

#pragma once

#include <cstdint>
#include <string>

#include "common/time.h"

namespace weft::simulation {

struct Fault {
  enum class Kind : std::uint8_t {
    // The coordinator dies and starts again after `span`. detail: where it is at that moment, see
    // KillPoint.
    kKillCoordinator,
    kFillDisk,    // Commits fail for `span`; the coordinator gives itself up and is started again.
    kKillWorker,  // The process of `seat` dies; another one starts after `span`.
    kHangWorker,  // It neither hears nor says anything for `span`, and goes on then.
    // It hangs for `span`; meanwhile another process takes its name. Then it is back from the dead.
    kTwinWorker,
    kCutConnection,  // The connection of `seat` breaks and is made anew; nobody is told.
    kPartition,      // Nothing passes between `seat` and the coordinator.
    kHalfOpenIn,     // What `seat` says is lost; it hears.
    kHalfOpenOut,    // What `seat` says arrives; it hears nothing.
    kStorm,          // Every link loses, repeats and delays much for `span`.
    kCancelJob,      // `seat` counts the jobs.
    kPauseJob,       // Likewise; it is resumed after `span`.
    kDrainWorker,    // By an operator, who takes it back after `span`.
    kLeaveWorker,    // The process is asked to leave; if it is still there after `span`, to stop.
    kDropResult,     // `seat` counts the jobs: once it is done, its user drops what it has written.
    // Coordinator and workers are replaced by another version, whose pictures are others: within
    // `span`, each at a moment of its own, they are stopped, and started as that. detail: see
    // Software.
    kReplaceVersion,
    kLie,  // The process claims what cannot be, or floods. detail: see World::Lie.
    // `seat` counts the jobs: once it has ended, its user has it forgotten. This and what follows:
    // see DrawFaults().
    kForgetJob,
    // Outputs of tasks that are done rot in the blob store, and a check of it finds that. detail:
    // which.
    kLoseOutputs,
    kCount,  // Of kinds.
  };

  Kind kind = Kind::kKillCoordinator;
  Time at = {};
  Duration span = {};
  std::uint32_t seat = 0;  // Of a worker; modulo their number.
  std::uint32_t detail = 0;
};

// Where a coordinator can die.
enum class KillPoint : std::uint8_t {
  kIdle,          // Between two turns.
  kBeforeCommit,  // Nothing of the turn's batch is on disk.
  kTornTail,      // The batch is cut in the middle.
  kAfterCommit,   // The batch is on disk, and nothing was sent.
  kHalfSent,      // Some messages were sent.
  kCount,
};

// What is installed in one place.
struct Software {
  std::uint32_t version = 0;  // Only equal ones speak with one another and make equal pictures.
  Time ordered_at = {};

  // What a kReplaceVersion brings, unless a later one has come before it.
  void Install(const Fault& fault);
};

// "at 12.345 s for 6.0 s: twin of worker 2".
std::string Describe(const Fault& fault);

}  // namespace weft::simulation
