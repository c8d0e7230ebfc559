#include "common/plan/rounds.h"

#include <algorithm>

namespace weft {

std::uint32_t FirstStep(std::uint32_t steps, double strength) {
  const auto run = static_cast<std::uint32_t>(steps * strength);
  return steps - std::min(run, steps);
}

std::vector<Round> PlanRounds(std::uint32_t steps,
                              std::uint32_t first_step,
                              const std::vector<std::uint32_t>& smooth_steps) {
  std::vector<Round> rounds;
  Round round{.first_step = first_step};
  for (const std::uint32_t step : smooth_steps) {
    if (step < first_step) {
      continue;
    }
    round.last_step = step;
    round.predict_step = step;
    rounds.push_back(round);
    round = {.smooth_step = step, .first_step = step + 1};
  }
  round.last_step = steps;
  rounds.push_back(round);
  return rounds;
}

std::vector<Round> PlanSingleSteps(std::uint32_t steps,
                                   std::uint32_t first_step,
                                   const std::vector<std::uint32_t>& smooth_steps) {
  if (first_step >= steps) {
    return {{.first_step = steps, .last_step = steps}};
  }
  std::vector<Round> rounds;
  for (std::uint32_t step = first_step; step < steps; ++step) {
    if (std::binary_search(smooth_steps.begin(), smooth_steps.end(), step)) {
      rounds.push_back({.first_step = step, .last_step = step, .predict_step = step});
      rounds.push_back({.smooth_step = step, .first_step = step + 1, .last_step = step + 1});
    } else {
      rounds.push_back({.first_step = step, .last_step = step + 1});
    }
  }
  return rounds;
}

}  // namespace weft
