#include <algorithm>
#include <string>
#include <utility>

#include "tests/golden/autoencoding.h"
#include "tests/golden/denoising_loop.h"
#include "tests/golden/model_cases.h"
#include "tests/golden/noise_schedule.h"

namespace weft::golden {
namespace {

// Refuses what the loop below does not know, rather than pass over it.
Status CheckPipeline(const GoldenCase& golden) {
  const nlohmann::json scheduler = golden.Parameter("scheduler");
  if (scheduler != "ddim") {
    return Failure(ErrorCode::kUnsupported, "sampler " + scheduler.dump());
  }
  for (const auto& [field, value] : golden.entry["params"].items()) {
    static const std::vector<std::string> kKnown = {"pipeline",
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
                                                    "loras",
                                                    "vae",
                                                    "text_heads",
                                                    "conditioning_scales",
                                                    "control_guidance",
                                                    "clip_skip",
                                                    "clip_skip_applies_to"};
    if (!value.is_null() && std::find(kKnown.begin(), kKnown.end(), field) == kKnown.end()) {
      return Failure(ErrorCode::kUnsupported, "parameter " + field);
    }
  }
  return {};
}

Result<std::vector<ControlUse>> ControlsOf(const GoldenCase& golden, ModelFolder& model) {
  const nlohmann::json names = golden.Parameter("controlnets");
  const nlohmann::json scales = golden.Parameter("conditioning_scales");
  const nlohmann::json ranges = golden.Parameter("control_guidance");
  std::vector<ControlUse> controls;
  for (std::size_t i = 0; i < names.size(); ++i) {
    WEFT_ASSIGN_OR_RETURN(const models::ControlNet* net,
                          model.Control(names[i].get<std::string>()));
    ControlUse use{net, golden.Floats("in.controlnet_cond." + std::to_string(i)),
                   scales[i].get<double>()};
    if (!ranges.is_null()) {
      use.start = ranges.at(0).at(i).get<double>();
      use.end = ranges.at(1).at(i).get<double>();
    }
    controls.push_back(std::move(use));
  }
  return controls;
}

}  // namespace

Result<Outputs> RunPipelineCase(const GoldenCase& golden, ModelFolder& model) {
  WEFT_RETURN_IF_ERROR(CheckPipeline(golden));
  WEFT_ASSIGN_OR_RETURN(const models::TextEncoder* text, model.Text());
  WEFT_ASSIGN_OR_RETURN(const models::Vae* vae, model.VaeModel());
  LoopInput loop;
  WEFT_ASSIGN_OR_RETURN(loop.unet, model.UnetModel());
  WEFT_ASSIGN_OR_RETURN(loop.controls, ControlsOf(golden, model));
  const nlohmann::json skip = golden.Parameter("clip_skip");
  loop.prompts =
      EncodeIds(*text, at::cat({golden.Read("in.negative_input_ids"), golden.Read("in.input_ids")}),
                skip.is_null() ? 0 : skip.get<std::size_t>());
  loop.guidance = golden.Parameter("guidance_scale").get<double>();

  WEFT_ASSIGN_OR_RETURN(auto schedule, models::ReadNoiseSchedule(model.folder()));
  WEFT_RETURN_IF_ERROR(Override(golden.Parameter("scheduler_overrides"), schedule));
  const int steps = golden.Parameter("steps").get<int>();
  WEFT_ASSIGN_OR_RETURN(const models::Ddim ddim, models::Ddim::Create(schedule, steps));
  at::Tensor start;
  if (golden.Has("in.image")) {
    const double strength = golden.Parameter("strength").get<double>();
    loop.first_step = FirstStep(steps, strength);
    const at::Tensor clean = EncodeImage(*vae, golden.Floats("in.image"),
                                         golden.Floats("in.vae_noise"))["out.sample_scaled"];
    start = ToTensor(ddim.AddNoise(ToLatents(clean), ToLatents(golden.Floats("in.noise")).values,
                                   loop.first_step));
  } else {
    start = golden.Floats("in.latents");
  }
  const std::vector<at::Tensor> after = RunLoop(loop, ddim, start);
  Outputs outputs = DecodeLatents(*vae, after.back());
  outputs["out.latents"] = after.back();
  std::vector<at::Tensor> stacked;
  for (const at::Tensor& latents : after) {
    stacked.push_back(latents.unsqueeze(0));
  }
  outputs["out.step_latents"] = at::cat(stacked);
  return outputs;
}

}  // namespace weft::golden
