#include "common/plan/rounds.h"

#include <algorithm>

namespace weft {
namespace {

// Cuts the steps begin .. end-1 into rounds of at most `round_steps`.
void AddRounds(std::uint32_t begin,
               std::uint32_t end,
               std::uint32_t round_steps,
               std::vector<Round>& rounds) {
  const std::uint32_t count = end - begin;
  const std::uint32_t parts = (count + round_steps - 1) / round_steps;
  for (std::uint32_t part = 0; part < parts; ++part) {
    rounds.push_back({.first_step = begin + count * part / parts,
                      .last_step = begin + count * (part + 1) / parts});
  }
}

}  // namespace

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

std::vector<Round> PlanJointRounds(std::uint32_t steps,
                                   std::uint32_t first_step,
                                   const std::vector<std::uint32_t>& smooth_steps,
                                   std::uint32_t round_steps) {
  if (first_step >= steps) {
    return {{.first_step = steps, .last_step = steps}};
  }
  std::vector<Round> rounds;
  for (std::uint32_t step = first_step; step < steps;) {
    const auto next = std::lower_bound(smooth_steps.begin(), smooth_steps.end(), step);
    const bool smooths = next != smooth_steps.end();
    const std::uint32_t end = smooths ? *next + 1 : steps;
    AddRounds(step, end, round_steps, rounds);
    if (smooths) {
      rounds.back().predict_step = --rounds.back().last_step;
      rounds.push_back({.smooth_step = *next, .first_step = end, .last_step = end});
    }
    step = end;
  }
  return rounds;
}

std::uint32_t Evaluations(const Round& round) {
  return round.last_step - round.first_step + (round.predict_step.has_value() ? 1 : 0);
}

}  // namespace weft
