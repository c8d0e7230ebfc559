#include <algorithm>
#include <cmath>
#include <string>

#include "tests/golden/denoising_loop.h"
#include "tests/golden/model_cases.h"
#include "tests/golden/noise_schedule.h"
#include "worker/models/ddim.h"

namespace weft::golden {
namespace {

using nlohmann::json;

// Stands in for the UNet in every scheduler case.
Latents FakeModel(const Latents& x, double timestep) {
  Latents out = x;
  for (float& value : out.values) {
    const double input = value;
    value = static_cast<float>(0.55 * input + 0.35 * std::sin(3.0 * input + 0.004 * timestep));
  }
  return out;
}

at::Tensor Row(const Latents& latents) {
  return ToTensor(latents).unsqueeze(0);
}

Result<models::Ddim> DdimOf(const json& entry) {
  const std::string scheduler = entry.value("scheduler", "");
  if (scheduler != "ddim") {
    return Failure(ErrorCode::kUnsupported, "sampler " + scheduler + " is not built yet");
  }
  if (entry.value("eta", 0.0) != 0.0) {
    return Failure(ErrorCode::kUnsupported, "DDIM with eta above 0 is not built");
  }
  models::NoiseScheduleConfig schedule;
  WEFT_RETURN_IF_ERROR(Override(entry.value("overrides", json::object()), schedule));
  return models::Ddim::Create(schedule, entry.value("steps", 0));
}

}  // namespace

Status Override(const json& overrides, models::NoiseScheduleConfig& schedule) {
  if (overrides.is_null()) {
    return {};
  }
  for (const auto& [field, value] : overrides.items()) {
    if (field == "timestep_spacing") {
      schedule.timestep_spacing = value.get<std::string>();
    } else if (field == "prediction_type" && value == "v_prediction") {
      schedule.prediction = models::Prediction::kVelocity;
    } else if (field == "prediction_type" && value == "epsilon") {
      schedule.prediction = models::Prediction::kEpsilon;
    } else if (field == "set_alpha_to_one") {
      schedule.set_alpha_to_one = value.get<bool>();
    } else if (field == "steps_offset") {
      schedule.steps_offset = value.get<int>();
    } else if (field == "beta_schedule") {
      schedule.beta_schedule = value.get<std::string>();
    } else {
      return Failure(ErrorCode::kUnsupported, "scheduler override " + field + " = " + value.dump());
    }
  }
  return {};
}

int FirstStep(int steps, double strength) {
  return std::max(steps - std::min(static_cast<int>(steps * strength), steps), 0);
}

Result<Outputs> RunSchedulerCase(const GoldenCase& golden) {
  WEFT_ASSIGN_OR_RETURN(const models::Ddim ddim, DdimOf(golden.entry));
  const json strength = golden.entry.value("strength", json());
  Latents x = ToLatents(golden.Floats("in.x"));
  int first = 0;
  if (!strength.is_null()) {
    first = FirstStep(ddim.steps(), strength.get<double>());
    // The cases give each frame its own noise: all of it, as one frame of many channels.
    Latents all{1, x.frames * x.channels, x.height, x.width, x.values};
    x.values = ddim.AddNoise(all, ToLatents(golden.Floats("in.noise")).values, first).values;
  }
  std::vector<at::Tensor> latents = {Row(x)};
  std::vector<at::Tensor> inputs;
  std::vector<at::Tensor> timesteps;
  for (int step = first; step < ddim.steps(); ++step) {
    const int timestep = ddim.timestep(step);
    timesteps.push_back(at::full({1}, timestep, at::kFloat));
    inputs.push_back(Row(x));
    x = ddim.Step(x, ddim.PredictClean(x, FakeModel(x, timestep), step), step);
    latents.push_back(Row(x));
  }
  return Outputs{{"out.latents", at::cat(latents)},
                 {"out.model_input", at::cat(inputs)},
                 {"out.timesteps", at::cat(timesteps)},
                 {"out.init_noise_sigma", at::full({}, 1.0, at::kFloat)}};
}

}  // namespace weft::golden
