// A fleet in a process of its own, so that what it costs is not the coordinator's and its
// descriptors are its own: 10,000 connections need two of them.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include <sys/types.h>

#include "common/result.h"
#include "tests/benchmarks/farm/fleet_board.h"

namespace weft::bench {

class FleetProcess {
 public:
  // run: what the fleet does there, until the board says stop; it may throw what ends it.
  // REQUIRES: this process has one thread.
  // kResourceExhausted: there is no memory or process to be had.
  static Result<std::unique_ptr<FleetProcess>> Start(
      const std::function<void(FleetBoard& board)>& run);

  FleetProcess(const FleetProcess&) = delete;
  FleetProcess& operator=(const FleetProcess&) = delete;
  // Stops the fleet and waits for it.
  ~FleetProcess();

  [[nodiscard]] FleetBoard& Board() const { return *board_; }
  // Of the fleet so far, user and system.
  [[nodiscard]] double CpuSeconds() const;
  [[nodiscard]] pid_t Pid() const { return pid_; }

 private:
  FleetProcess(FleetBoard* board, pid_t pid) : board_(board), pid_(pid) {}

  FleetBoard* board_;  // Shared with the process.
  pid_t pid_;
};

// The sum of what several fleets have counted.
template <typename Count>
[[nodiscard]] std::uint64_t SumOf(const std::vector<std::unique_ptr<FleetProcess>>& fleets,
                                  Count FleetBoard::*count) {
  std::uint64_t sum = 0;
  for (const auto& fleet : fleets) {
    sum += fleet->Board().*count;
  }
  return sum;
}

// Has all of them end at once; their destructors, one after the other, then wait for none.
void StopAll(const std::vector<std::unique_ptr<FleetProcess>>& fleets);

[[nodiscard]] double CpuSecondsOf(const std::vector<std::unique_ptr<FleetProcess>>& fleets);

// The latest of all, in nanoseconds of the steady clock.
[[nodiscard]] std::int64_t LastAcknowledged(
    const std::vector<std::unique_ptr<FleetProcess>>& fleets);

}  // namespace weft::bench
