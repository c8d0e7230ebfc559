#include <algorithm>
#include <string>
#include <vector>

#include "tests/golden/autoencoding.h"
#include "tests/golden/control_uses.h"
#include "tests/golden/denoising_loop.h"
#include "tests/golden/model_cases.h"
#include "tests/golden/noise_schedule.h"

namespace weft::golden {
namespace {

// Refuses what the loop below does not know, rather than pass over it.
Status CheckPipeline(const GoldenCase& golden) {
  for (const auto& [field, value] : golden.entry["params"].items()) {
    static const std::vector<std::string> known = {"pipeline",
                                                   "scheduler",
                                                   "scheduler_overrides",
                                                   "steps",
                                                   "height",
                                                   "width",
                                                   "prompt",
                                                   "negative_prompt",
                                                   "guidance_scale",
                                                   "strength",
                                                   "controlnets",
                                                   "controlnet",
                                                   "eta",
                                                   "loras",
                                                   "vae",
                                                   "text_heads",
                                                   "conditioning_scales",
                                                   "conditioning_scale",
                                                   "control_guidance",
                                                   "clip_skip",
                                                   "clip_skip_applies_to"};
    if (!value.is_null() && std::find(known.begin(), known.end(), field) == known.end()) {
      return Failure(ErrorCode::kUnsupported, "parameter " + field);
    }
  }
  return {};
}

// [2, tokens, width]: negative, positive. Without a negative prompt the positive one stands for it;
// guidance 1 takes nothing from it.
Result<at::Tensor> PromptsOf(const GoldenCase& golden, ModelFolder& model) {
  WEFT_ASSIGN_OR_RETURN(const models::TextEncoder* text, model.Text());
  const at::Tensor positive = golden.Read("in.input_ids");
  const at::Tensor negative =
      golden.Has("in.negative_input_ids") ? golden.Read("in.negative_input_ids") : positive;
  const nlohmann::json skip = golden.Parameter("clip_skip");
  return EncodeIds(*text, at::cat({negative, positive}),
                   skip.is_null() ? 0 : skip.get<std::size_t>());
}

// What a sampler that adds noise adds at each step, as the case recorded it.
std::vector<std::vector<float>> StepNoises(const GoldenCase& golden) {
  std::vector<std::vector<float>> noises;
  if (golden.Has("in.variance_noise")) {
    const at::Tensor all = golden.Read("in.variance_noise").to(at::kFloat);
    for (std::int64_t step = 0; step < all.size(0); ++step) {
      const at::Tensor one = all.select(0, step).contiguous();
      noises.emplace_back(one.data_ptr<float>(), one.data_ptr<float>() + one.numel());
    }
  }
  return noises;
}

}  // namespace

Result<Outputs> RunPipelineCase(const GoldenCase& golden, ModelFolder& model) {
  WEFT_RETURN_IF_ERROR(CheckPipeline(golden));
  WEFT_ASSIGN_OR_RETURN(const models::Vae* vae, model.VaeModel());
  LoopInput loop;
  WEFT_ASSIGN_OR_RETURN(loop.unet, model.UnetModel());
  WEFT_ASSIGN_OR_RETURN(loop.controls, ControlsOf(golden, model));
  WEFT_ASSIGN_OR_RETURN(loop.prompts, PromptsOf(golden, model));
  loop.guidance = golden.Parameter("guidance_scale").get<double>();
  loop.step_noises = StepNoises(golden);
  const nlohmann::json eta = golden.Parameter("eta");

  WEFT_ASSIGN_OR_RETURN(auto schedule, models::ReadNoiseSchedule(model.folder()));
  const int steps = golden.Parameter("steps").get<int>();
  WEFT_ASSIGN_OR_RETURN(
      const auto sampler,
      SamplerOf({golden.Parameter("scheduler"), golden.Parameter("scheduler_overrides"), steps,
                 eta.is_null() ? 0.0 : eta.get<double>()},
                schedule));
  if (sampler->adds_noise() && loop.step_noises.empty()) {
    return Failure(ErrorCode::kUnsupported, "eta without in.variance_noise");
  }
  at::Tensor start;
  if (golden.Has("in.image")) {
    const double strength = golden.Parameter("strength").get<double>();
    loop.first_step = FirstStep(steps, strength);
    const at::Tensor clean = EncodeImage(*vae, golden.Floats("in.image"),
                                         golden.Floats("in.vae_noise"))["out.sample_scaled"];
    start = ToTensor(sampler->AddNoise(
        ToLatents(clean), ToLatents(golden.Floats("in.noise")).values, loop.first_step));
  } else {
    start = golden.Floats("in.latents").mul(sampler->initial_sigma());
  }
  const std::vector<at::Tensor> after = RunLoop(loop, *sampler, start);
  Outputs outputs = DecodeLatents(*vae, after.back());
  outputs["out.latents"] = after.back();
  std::vector<at::Tensor> stacked;
  stacked.reserve(after.size());
  for (const at::Tensor& latents : after) {
    stacked.push_back(latents.unsqueeze(0));
  }
  outputs["out.step_latents"] = at::cat(stacked);
  return outputs;
}

}  // namespace weft::golden
