// The plain loop of a pipeline: guidance, ControlNets, a sampler. What the e2e and demo cases
// compare.

#pragma once

#include <optional>
#include <vector>

#include "worker/models/controlnet.h"
#include "worker/models/sampler.h"
#include "worker/models/text_encoder.h"
#include "worker/models/unet.h"

namespace weft::golden {

// A ControlNet at work in a loop.
struct ControlUse {
  const models::ControlNet* net = nullptr;
  at::Tensor condition;  // [1, 3, height, width], 0..1.
  double scale = 1.0;
  double start = 0.0;  // Off where i / n < start or (i + 1) / n > end.
  double end = 1.0;
};

struct LoopInput {
  const models::Unet* unet = nullptr;
  at::Tensor prompts;  // [2, tokens, width]: negative, positive.
  std::vector<ControlUse> controls;
  double guidance = 1.0;
  int first_step = 0;
  std::vector<std::vector<float>> step_noises;  // Of each step that runs; empty: none.
};

struct StepPlace {
  double timestep = 0.0;
  int step = 0;  // Among the steps that run.
  int steps = 1;
};

// Scaled residuals of the nets that are on at this place, summed; nothing where none is.
std::optional<models::Skips> SumResiduals(const std::vector<ControlUse>& controls,
                                          const models::UnetInput& input,
                                          const StepPlace& place);

// Where `step` of the sampler stands in a run that begins at first_step.
StepPlace PlaceOf(const models::Sampler& sampler, int first_step, int step);

// Model output for [negative, positive] of `sample` ([1, 4, h, w], as the model sees it), before
// guidance.
at::Tensor PredictBoth(const LoopInput& loop, const at::Tensor& sample, const StepPlace& place);

// Latents after every step, from loop.first_step on, each [1, 4, h, w].
std::vector<at::Tensor> RunLoop(const LoopInput& loop,
                                const models::Sampler& sampler,
                                const at::Tensor& start);

Latents ToLatents(const at::Tensor& tensor);
at::Tensor ToTensor(const Latents& latents);

// What the UNet reads of `ids`, [batch, tokens]; clip_skip counts the layers left out at the end.
at::Tensor EncodeIds(const models::TextEncoder& text, const at::Tensor& ids, std::size_t clip_skip);

}  // namespace weft::golden
