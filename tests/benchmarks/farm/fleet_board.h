// What a fleet of simulated workers has seen, in memory that its process shares with the one that
// measures.

#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace weft::bench {

// Times are nanoseconds of the steady clock, which is one for all processes of a machine.
// NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init): memory that is not used is not touched.
struct FleetBoard {
  static constexpr std::size_t kLatenciesMax = 1 << 20;

  // Set by the one that measures.
  std::atomic<bool> stop = false;
  std::atomic<bool> hold = false;  // Workers keep what they are assigned, and complete nothing.

  std::atomic<bool> hold_back = false;  // Blobs are not read back yet.

  // Set by the fleet.
  std::atomic<bool> failed = false;             // It has ended before it was told to.
  std::atomic<std::uint32_t> welcomed = 0;      // By the newest life of the coordinator.
  std::atomic<std::uint64_t> assigned = 0;      // Assignments, all lives.
  std::atomic<std::uint64_t> acknowledged = 0;  // Outcomes.
  std::atomic<std::uint64_t> jobs_done = 0;     // Assemblies acknowledged.
  std::atomic<std::uint64_t> repeated = 0;      // Assignments that were not a task's first attempt.
  std::atomic<std::uint64_t> superseded = 0;    // Outcomes that came to nothing.
  std::atomic<std::int64_t> first_assigned_ns = 0;
  std::atomic<std::int64_t> last_acknowledged_ns = 0;
  // From a job's submission, which its specification's seed holds, to its first task's start.
  std::atomic<std::size_t> latency_count = 0;
  std::array<std::int64_t, kLatenciesMax> latencies_ns;  // Not touched before it is used: 8 MB.
};

std::int64_t SteadyNanoseconds();

}  // namespace weft::bench
