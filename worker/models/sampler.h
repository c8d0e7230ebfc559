// Samplers: how noise becomes a picture, step by step. Each computes what the diffusers scheduler
// of its name computes, from the same tables and on the same timesteps.
//
// Plain arithmetic on the host, so that every device takes the same step from the same prediction.

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/result.h"
#include "worker/frame/latents.h"
#include "worker/models/model_config.h"

namespace weft::models {

enum class SamplerKind { kDdim, kEuler, kDpmpp2m, kPndm };

// "DDIM", "Euler", "DPM++ 2M" or "PNDM".
std::string Name(SamplerKind kind);

struct SamplerOptions {
  SamplerKind kind = SamplerKind::kDdim;
  int steps = 20;
  // Absent: as the model's scheduler_config.json says; where that says nothing, leading for DDIM
  // and PNDM, linspace for Euler and DPM++ 2M.
  std::optional<TimestepSpacing> spacing;
  double eta = 0.0;            // DDIM: how much noise each step adds, 0 to 1.
  bool karras_sigmas = false;  // Euler, DPM++ 2M: noise levels after Karras et al. 2022, eq. 5.
  // Euler, DPM++ 2M: the last step ends at the noise of training step 0 instead of none.
  bool ends_at_smallest_sigma = false;
};

// What a run of steps carries on besides x. Empty before the first step; a plain value, which may
// be kept and gone on with later.
struct StepMemory {
  int taken = 0;              // Steps of this run so far.
  std::vector<Latents> past;  // DPM++ 2M: the last x0. PNDM: up to 4 model outputs. Oldest first.
  Latents start;              // PNDM: x before the run's first step, until the second is taken.
};

// Steps that fall into two halves, so that x0 may be changed between them. What smoothing needs.
class SplitSteps {
 public:
  SplitSteps() = default;
  SplitSteps(const SplitSteps&) = delete;
  SplitSteps& operator=(const SplitSteps&) = delete;
  virtual ~SplitSteps() = default;

  // x0 of the model's output.
  [[nodiscard]] virtual Latents PredictClean(const Latents& x,
                                             const Latents& output,
                                             int step) const = 0;

  // The step from x, given x0: as predicted, or changed.  noise: as for Sampler::Step().
  [[nodiscard]] virtual Latents StepFromClean(const Latents& x,
                                              const Latents& clean,
                                              int step,
                                              const std::vector<float>& noise) const = 0;
};

// One schedule. A step is one call of the model; steps count from 0, the noisiest. Image-to-image
// begins at a later one (FirstStep() in common/plan/rounds.h). Immutable; any thread.
class Sampler {
 public:
  // kInvalidArgument: an option out of its range, or more steps than fit into the training steps.
  // kUnsupported: an option that this sampler does not have, or a beta schedule that is not built.
  static Result<std::unique_ptr<Sampler>> Create(const NoiseScheduleConfig& config,
                                                 const SamplerOptions& options);

  Sampler(const Sampler&) = delete;
  Sampler& operator=(const Sampler&) = delete;
  virtual ~Sampler() = default;

  // Model calls of the whole schedule: as many as options.steps; one more for PNDM with 2 or more,
  // which calls the model twice at its second timestep.
  [[nodiscard]] int steps() const { return static_cast<int>(schedule_.levels.size()) - 1; }

  // What the model is called with. Whole numbers, but for Euler with linspace or Karras.
  [[nodiscard]] double timestep(int step) const { return At(step).timestep; }

  // Noise over picture, 0 .. steps(); at steps(), what is left in the end.
  [[nodiscard]] double sigma(int step) const { return At(step).noise / At(step).clean; }

  // Times unit noise, it is x at step 0 of a picture made from noise alone.
  [[nodiscard]] double initial_sigma() const { return schedule_.initial_sigma; }

  // What the model sees of x.
  [[nodiscard]] Latents ScaleModelInput(const Latents& x, int step) const;

  // x of a picture at `step`.  noise: of one frame, unit normal; every frame gets the same.
  [[nodiscard]] Latents AddNoise(const Latents& clean,
                                 const std::vector<float>& noise,
                                 int step) const;

  // Whether Step() adds noise: DDIM with eta above 0.
  [[nodiscard]] bool adds_noise() const { return schedule_.adds_noise; }

  // x after the step.
  //
  // output: the model's, for ScaleModelInput(x, step).
  // noise:  of one frame, unit normal, added to every frame; not read unless adds_noise().
  // memory: of this run. Steps of a run follow each other without a gap.
  virtual Latents Step(const Latents& x,
                       const Latents& output,
                       int step,
                       const std::vector<float>& noise,
                       StepMemory& memory) const = 0;

  // kUnsupported: this sampler's steps cannot be split.
  [[nodiscard]] virtual Result<const SplitSteps*> Split() const = 0;

 protected:
  // x = clean * picture + noise * unit noise.
  struct Level {
    double timestep = 0.0;
    double clean = 1.0;
    double noise = 0.0;
  };
  struct Schedule {
    std::vector<Level> levels = {};  // One for each step, and the one that the last step leads to.
    Prediction prediction = Prediction::kEpsilon;
    double initial_sigma = 1.0;
    bool adds_noise = false;
  };

  explicit Sampler(Schedule schedule) : schedule_(std::move(schedule)) {}

  // What Split() of such a sampler says.
  static tl::unexpected<Error> CannotSplit(SamplerKind kind);

  [[nodiscard]] const Level& At(int step) const {
    return schedule_.levels.at(static_cast<std::size_t>(step));
  }
  [[nodiscard]] Prediction prediction() const { return schedule_.prediction; }
  // x0 of the model's output.
  [[nodiscard]] Latents CleanOf(const Latents& x, const Latents& output, int step) const;

 private:
  Schedule schedule_;
};

}  // namespace weft::models
