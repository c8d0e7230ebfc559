// How a job's denoising steps fall into rounds. A round ends where a chunk needs its neighbours:
// with the prediction of a smoothing step, which the next round smooths and completes; and, where
// frames attend to frames of other chunks, after so many steps as the plan chooses.

#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace weft {

// All numbers are indices into the schedule, 0 .. steps-1.
struct Round {
  // First the stored prediction of this step is smoothed and the step is taken.
  std::optional<std::uint32_t> smooth_step = std::nullopt;
  // Then these steps run whole: first_step .. last_step-1.
  std::uint32_t first_step = 0;
  std::uint32_t last_step = 0;
  // Then this step's prediction is made and stored for the next round.
  std::optional<std::uint32_t> predict_step = std::nullopt;

  friend bool operator==(const Round& a, const Round& b) {
    return a.smooth_step == b.smooth_step && a.first_step == b.first_step &&
           a.last_step == b.last_step && a.predict_step == b.predict_step;
  }
};

// The first step of the schedule that img2img runs: steps - min(int(steps * strength), steps), as
// diffusers counts. REQUIRES: steps > 0, 0 < strength <= 1. Equals `steps` when strength is so
// small that no step is left.
std::uint32_t FirstStep(std::uint32_t steps, double strength);

// The rounds of a job, in order; one more than smoothing steps that really run.
// smooth_steps: ascending, each < steps; those before `first_step` do not run.
std::vector<Round> PlanRounds(std::uint32_t steps,
                              std::uint32_t first_step,
                              const std::vector<std::uint32_t>& smooth_steps);

// The same for jobs whose frames need others' latents at every step. Between smoothing steps the
// model runs in rounds of about equal length, of at most `round_steps` of its evaluations each. A
// smoothing step takes two rounds: one ends with its prediction, and one completes it and does
// nothing else, as to smooth a frame costs more than to read its latents. REQUIRES: round_steps >
// 0.
std::vector<Round> PlanJointRounds(std::uint32_t steps,
                                   std::uint32_t first_step,
                                   const std::vector<std::uint32_t>& smooth_steps,
                                   std::uint32_t round_steps);

// How often the round evaluates the model.
std::uint32_t Evaluations(const Round& round);

}  // namespace weft
