// Everything about a run that is drawn before it begins.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "coordinator/core/floor.h"
#include "tests/simulation/fault.h"
#include "weft/v1/job.pb.h"

namespace weft::simulation {

// Only the first worker has it.
inline constexpr const char* kFirstSeatTag = "first-seat";

// How a worker's machine behaves.
struct Habits {
  double error_chance = 0;  // That a task ends in an error of a random kind.
  Duration work_min{50};
  Duration work_max{2000};
  double slow_chance = 0;   // That a task takes twelve times as long.
  double stuck_chance = 0;  // That a task never moves on.
};

struct Order {  // A job that a client submits.
  std::string token;
  v1::JobSpec spec;
  v1::JobTerms terms;
  std::uint32_t frame_count = 1;  // That its probe finds.
  Duration delay{};               // Before it is submitted.
};

struct Scenario {
  std::uint64_t seed = 0;
  std::uint32_t worker_count = 1;
  std::vector<Order> orders;
  Habits habits;
  bool noisy = false;  // Links lose, repeat and delay a little all the time.
  coordinator::FarmOptions options;
  std::vector<Fault> faults;  // Ascending by time.
  Time calm{};                // No fault begins or goes on later.

  // For people, one line a fact.
  [[nodiscard]] std::vector<std::string> Describe() const;
};

// workers: 0 draws their number, too.
Scenario DrawScenario(std::uint64_t seed, std::uint32_t workers);

}  // namespace weft::simulation
