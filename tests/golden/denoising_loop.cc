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
  const models::UnetInput input{at::cat({sample, sample}), {place.timestep}, loop.prompts, nullptr};
  const std::optional<models::Skips> residuals = SumResiduals(loop.controls, input, place);
  return (*loop.unet)(input, residuals ? &*residuals : nullptr).contiguous();
}

std::vector<at::Tensor> RunLoop(const LoopInput& loop,
                                const models::Ddim& ddim,
                                const at::Tensor& start) {
  std::vector<at::Tensor> after;
  at::Tensor x = start;
  for (int step = loop.first_step; step < ddim.steps(); ++step) {
    const double timestep = ddim.timestep(step);
    const at::Tensor both = PredictBoth(loop, x, {timestep, step, ddim.steps()});
    const at::Tensor negative = both.narrow(0, 0, x.size(0));
    const at::Tensor positive = both.narrow(0, x.size(0), x.size(0));
    const at::Tensor guided = negative.add(positive.sub(negative), loop.guidance);
    const Latents noisy = ToLatents(x);
    x = ToTensor(ddim.Step(noisy, ddim.PredictClean(noisy, ToLatents(guided), step), step));
    after.push_back(x);
  }
  return after;
}

Latents ToLatents(const at::Tensor& tensor) {
  const at::Tensor plain = tensor.contiguous();
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
  const std::vector<at::Tensor> states = text.HiddenStates(ids);
  return text.final_norm(states.at(states.size() - 1 - clip_skip));
}

}  // namespace weft::golden
