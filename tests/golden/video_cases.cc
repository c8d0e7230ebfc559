#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/golden/autoencoding.h"
#include "tests/golden/control_uses.h"
#include "tests/golden/crossframe_cases.h"
#include "tests/golden/denoising_loop.h"
#include "tests/golden/noise_schedule.h"

namespace weft::golden {
namespace {

// A step of all frames at once, in the batch order [negative frames, positive frames].
struct VideoLoop {
  const models::Unet* unet = nullptr;
  at::Tensor prompts;                // [2, tokens, width]: negative, positive.
  std::vector<ControlUse> controls;  // Their conditions are of ControlNet::Condition().
  double guidance = 1.0;
  std::vector<models::SampleLinks> links;

  [[nodiscard]] at::Tensor Predict(const at::Tensor& noisy, double timestep) const {
    const at::Tensor x = noisy.to(prompts.device());
    models::FrameMemory memory;
    models::JointAttention joint{memory, links};
    const models::UnetInput input{at::cat({x, x}), {timestep}, prompts, &joint};
    std::optional<models::Skips> residuals;
    for (const ControlUse& use : controls) {
      models::Skips own = (*use.net)(input, use.condition);
      own.Scale(use.scale);
      memory.Clear();
      if (residuals) {
        residuals->Add(own);
      } else {
        residuals = std::move(own);
      }
    }
    const at::Tensor both = (*unet)(input, residuals ? &*residuals : nullptr).contiguous();
    const at::Tensor negative = both.narrow(0, 0, x.size(0));
    return negative.add(both.narrow(0, x.size(0), x.size(0)).sub(negative), guidance);
  }
};

Result<VideoLoop> LoopOf(const GoldenCase& golden, ModelFolder& model) {
  VideoLoop loop;
  WEFT_ASSIGN_OR_RETURN(const models::TextEncoder* text, model.Text());
  WEFT_ASSIGN_OR_RETURN(loop.unet, model.UnetModel());
  WEFT_ASSIGN_OR_RETURN(loop.controls, ControlsOf(golden, model));
  for (ControlUse& use : loop.controls) {
    use.condition = use.net->Condition(use.condition);
  }
  const nlohmann::json skip = golden.Parameter("clip_skip");
  loop.prompts =
      EncodeIds(*text, at::cat({golden.Read("in.negative_input_ids"), golden.Read("in.input_ids")}),
                skip.is_null() ? 0 : skip.get<std::size_t>());
  loop.guidance = golden.Parameter("guidance_scale").get<double>();
  const auto frames = static_cast<int>(golden.Floats("in.frames").size(0));
  WEFT_ASSIGN_OR_RETURN(loop.links,
                        LinkFrames(golden.Parameter("crossframe_mode").get<std::string>(), frames,
                                   models::FrameMemory::kSides));
  return loop;
}

// Each frame with a noise of its own.
at::Tensor AddNoises(const models::Sampler& sampler,
                     const at::Tensor& clean,
                     const at::Tensor& noise,
                     int step) {
  std::vector<at::Tensor> noisy;
  for (std::int64_t frame = 0; frame < clean.size(0); ++frame) {
    noisy.push_back(ToTensor(sampler.AddNoise(ToLatents(clean.narrow(0, frame, 1)),
                                              ToLatents(noise.narrow(0, frame, 1)).values, step)));
  }
  return at::cat(noisy);
}

}  // namespace

Result<Outputs> RunVideoCase(const GoldenCase& golden, ModelFolder& model) {
  WEFT_ASSIGN_OR_RETURN(const models::Vae* vae, model.VaeModel());
  WEFT_ASSIGN_OR_RETURN(const VideoLoop loop, LoopOf(golden, model));
  WEFT_ASSIGN_OR_RETURN(const auto schedule, models::ReadNoiseSchedule(model.folder()));
  const int steps = golden.Parameter("steps").get<int>();
  WEFT_ASSIGN_OR_RETURN(
      const auto sampler,
      SamplerOf({golden.Parameter("scheduler"), golden.Parameter("scheduler_overrides"), steps},
                schedule));
  const int first = FirstStep(steps, golden.Parameter("strength").get<double>());
  const at::Tensor clean = EncodeImage(*vae, golden.Floats("in.frames"),
                                       golden.Floats("in.vae_noise"))["out.sample_scaled"];
  at::Tensor x = AddNoises(*sampler, clean, golden.Floats("in.noise").expand_as(clean), first);
  std::vector<at::Tensor> after;
  models::StepMemory memory;
  for (int step = first; step < sampler->steps(); ++step) {
    const Latents noisy = ToLatents(x);
    const at::Tensor seen = ToTensor(sampler->ScaleModelInput(noisy, step));
    const Latents output = ToLatents(loop.Predict(seen, sampler->timestep(step)));
    x = ToTensor(sampler->Step(noisy, output, step, {}, memory));
    after.push_back(x.unsqueeze(0));
  }
  Outputs outputs = DecodeLatents(*vae, x);
  outputs["out.latents"] = x;
  outputs["out.step_latents"] = at::cat(after);
  return outputs;
}

}  // namespace weft::golden
