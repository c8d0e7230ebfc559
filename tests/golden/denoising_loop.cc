#include "tests/golden/denoising_loop.h"

#include <utility>

namespace weft::golden {

std::optional<models::Skips> SumResiduals(const std::vector<ControlUse>& controls,
                                          const models::UnetInput& input,
                                          const StepPlace& place) {
  std::optional<models::Skips> sum;
  for (const ControlUse& use : controls) {
    const double steps = place.steps;
    if (place.step / steps < use.start || (place.step + 1) / steps > use.end) {
      continue;
    }
    models::Skips own = (*use.net)(input, use.net->Condition(use.condition));
    own.Scale(use.scale);
    if (sum) {
      sum->Add(own);
    } else {
      sum = std::move(own);
    }
  }
  return sum;
}

at::Tensor PredictBoth(const LoopInput& loop, const at::Tensor& sample, const StepPlace& place) {
  const at::Tensor there = sample.to(loop.prompts.device());
  const models::UnetInput input{at::cat({there, there}), {place.timestep}, loop.prompts, nullptr};
  const std::optional<models::Skips> residuals = SumResiduals(loop.controls, input, place);
  return (*loop.unet)(input, residuals ? &*residuals : nullptr).contiguous();
}

StepPlace PlaceOf(const models::Sampler& sampler, int first_step, int step) {
  return {sampler.timestep(step), step - first_step, sampler.steps() - first_step};
}

std::vector<at::Tensor> RunLoop(const LoopInput& loop,
                                const models::Sampler& sampler,
                                const at::Tensor& start) {
  std::vector<at::Tensor> after;
  models::StepMemory memory;
  Latents x = ToLatents(start);
  for (int step = loop.first_step; step < sampler.steps(); ++step) {
    const at::Tensor both = PredictBoth(loop, ToTensor(sampler.ScaleModelInput(x, step)),
                                        PlaceOf(sampler, loop.first_step, step));
    const at::Tensor negative = both.narrow(0, 0, x.frames);
    const at::Tensor positive = both.narrow(0, x.frames, x.frames);
    const at::Tensor guided = negative.add(positive.sub(negative), loop.guidance);
    const auto number = static_cast<std::size_t>(step - loop.first_step);
    x = sampler.Step(x, ToLatents(guided), step,
                     loop.step_noises.empty() ? std::vector<float>() : loop.step_noises.at(number),
                     memory);
    after.push_back(ToTensor(x));
  }
  return after;
}

Latents ToLatents(const at::Tensor& tensor) {
  const at::Tensor plain = tensor.to(at::kCPU).contiguous();
  const auto* values = plain.data_ptr<float>();
  return {static_cast<int>(plain.size(0)),
          static_cast<int>(plain.size(1)),
          static_cast<int>(plain.size(2)),
          static_cast<int>(plain.size(3)),
          {values, values + plain.numel()}};
}

at::Tensor ToTensor(const Latents& latents) {
  at::Tensor tensor =
      at::empty({latents.frames, latents.channels, latents.height, latents.width}, at::kFloat);
  std::copy(latents.values.begin(), latents.values.end(), tensor.data_ptr<float>());
  return tensor;
}

at::Tensor EncodeIds(const models::TextEncoder& text,
                     const at::Tensor& ids,
                     std::size_t clip_skip) {
  const std::vector<at::Tensor> states = text.HiddenStates(ids.to(text.tokens.device()));
  return text.final_norm(states.at(states.size() - 1 - clip_skip));
}

}  // namespace weft::golden
