#include "tests/golden/demo_cases.h"

#include <cmath>
#include <cstdlib>
#include <utility>

#include <ATen/ops/zeros_like.h>

#include "tests/golden/autoencoding.h"
#include "tests/golden/denoising_loop.h"
#include "tests/golden/model_shelf.h"
#include "tests/golden/noise_schedule.h"
#include "worker/models/tokenizer.h"

namespace weft::golden {
namespace {

// The recordings name no tolerances. These are the ones of tests/golden/README.md for one
// evaluation and for whole loops; a picture may differ by one level where a value lies between two.
double ToleranceOf(const std::string& output) {
  if (output.rfind("latents_after_step", 0) == 0) {
    return 5e-3;
  }
  if (output == "decoded") {
    return 1e-3;
  }
  if (output == "final_rgb_u8") {
    return 1.0;
  }
  if (output == "context") {
    return 5e-5;
  }
  return output == "timesteps" || output.find("_ids") != std::string::npos ? 0.0 : 2e-4;
}

class Recording {
 public:
  Recording(const GoldenCase& golden, ModelFolder& model) : golden_(golden), model_(model) {}

  Result<Outputs> Run() {
    WEFT_RETURN_IF_ERROR(EncodePrompts());
    WEFT_ASSIGN_OR_RETURN(const models::Vae* vae, model_.VaeModel());
    WEFT_ASSIGN_OR_RETURN(auto schedule, models::ReadNoiseSchedule(model_.folder()));
    const int steps = static_cast<int>(Number("steps"));
    WEFT_ASSIGN_OR_RETURN(const auto sampler, models::Sampler::Create(schedule, {.steps = steps}));
    WEFT_ASSIGN_OR_RETURN(loop_.unet, model_.UnetModel());
    if (Setting("controlnet") == "True") {
      WEFT_ASSIGN_OR_RETURN(const models::ControlNet* net, model_.Control("controlnet"));
      loop_.controls.push_back({net, golden_.Floats("control"), Number("control_scale")});
    }
    loop_.guidance = Number("cfg");
    loop_.first_step = FirstStep(steps, Number("strength"));
    Start(*vae, *sampler);
    Steps(*sampler);
    Picture(*vae);
    return outputs_;
  }

 private:
  [[nodiscard]] std::string Setting(const std::string& name) const {
    return golden_.tensors->metadata().at(name);
  }
  [[nodiscard]] double Number(const std::string& name) const { return std::stod(Setting(name)); }

  Status EncodePrompts() {
    WEFT_ASSIGN_OR_RETURN(const auto tokenizer,
                          models::Tokenizer::Open(model_.folder() + "/tokenizer"));
    WEFT_ASSIGN_OR_RETURN(const models::TextEncoder* text, model_.Text());
    const auto row = [](const std::vector<std::int64_t>& ids) {
      at::Tensor tensor = at::empty({1, static_cast<std::int64_t>(ids.size())}, at::kLong);
      std::copy(ids.begin(), ids.end(), tensor.data_ptr<std::int64_t>());
      return tensor;
    };
    const at::Tensor negative = row(tokenizer->EncodePadded(Setting("negative")));
    const at::Tensor positive = row(tokenizer->EncodePadded(Setting("prompt")));
    outputs_["negative_ids"] = negative;
    outputs_["prompt_ids"] = positive;
    loop_.prompts = EncodeIds(*text, at::cat({negative, positive}), 0);
    outputs_["context"] = loop_.prompts;
    return {};
  }

  void Start(const models::Vae& vae, const models::Sampler& sampler) {
    const at::Tensor noise = golden_.Floats("noise");
    outputs_["init_latents"] = noise;
    if (!golden_.Has("image_rgb_u8")) {
      return;  // Strength 1, and the picture was left out of the recording.
    }
    const at::Tensor picture =
        golden_.Floats("image_rgb_u8").permute({2, 0, 1}).unsqueeze(0).div(127.5).sub(1.0);
    const at::Tensor clean =
        EncodeImage(vae, picture, at::zeros_like(noise))["out.mean"].mul(vae.config.scaling_factor);
    outputs_["vae_mode_scaled"] = clean;
    if (loop_.first_step > 0) {
      outputs_["init_latents"] =
          ToTensor(sampler.AddNoise(ToLatents(clean), ToLatents(noise).values, loop_.first_step));
    }
  }

  void Steps(const models::Sampler& sampler) {
    const at::Tensor start = outputs_["init_latents"];
    const StepPlace place = PlaceOf(sampler, loop_.first_step, loop_.first_step);
    outputs_["step0.model_out"] = PredictBoth(loop_, start, place);
    const auto residuals = SumResiduals(
        loop_.controls,
        {at::cat({start, start}).to(golden_.device), {place.timestep}, loop_.prompts, nullptr},
        place);
    for (std::size_t i = 0; residuals && i < residuals->down.size(); ++i) {
      outputs_["step0.cn_down" + std::to_string(i)] = residuals->down[i];
    }
    if (residuals) {
      outputs_["step0.cn_mid"] = residuals->mid;
    }
    const std::vector<at::Tensor> after = RunLoop(loop_, sampler, start);
    at::Tensor timesteps = at::empty({static_cast<std::int64_t>(after.size())}, at::kLong);
    for (std::size_t i = 0; i < after.size(); ++i) {
      outputs_["latents_after_step" + std::to_string(i)] = after[i];
      timesteps.data_ptr<std::int64_t>()[i] =
          static_cast<std::int64_t>(sampler.timestep(loop_.first_step + static_cast<int>(i)));
    }
    outputs_["timesteps"] = timesteps;
    last_ = after.back();
  }

  void Picture(const models::Vae& vae) {
    const at::Tensor decoded = DecodeLatents(vae, last_)["out.sample"];
    outputs_["decoded"] = decoded;
    outputs_["final_rgb_u8"] =
        decoded.clamp(-1.0, 1.0).mul(127.5).add_(128.0).floor_().squeeze(0).permute({1, 2, 0});
  }

  const GoldenCase& golden_;
  ModelFolder& model_;
  LoopInput loop_;
  at::Tensor last_;
  Outputs outputs_;
};

}  // namespace

void RunDemoCase(const std::string& file,
                 const std::string& model,
                 at::Device device,
                 Report& report) {
  Result<GoldenCase> golden = OpenCase(file, nullptr);
  if (!golden) {
    report.Refuse(file, golden.error());
    return;
  }
  golden->device = device;
  ModelFolder folder(model, device);
  const Result<Outputs> outputs = Recording(*golden, folder).Run();
  if (!outputs) {
    report.Refuse(golden->name, outputs.error());
    return;
  }
  std::map<std::string, Tolerance> tolerances;
  for (const auto& [name, tensor] : golden->tensors->tensors()) {
    const bool input = name == "noise" || name == "control" || name == "image_rgb_u8";
    if (!input) {
      tolerances[name] = {ToleranceOf(name)};
    }
  }
  report.Compare(*golden, *outputs, tolerances);
}

}  // namespace weft::golden
