#include <cmath>
#include <string>

#include "tests/golden/denoising_loop.h"
#include "tests/golden/model_cases.h"
#include "tests/golden/noise_schedule.h"

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

// The cases give each frame its own noise: all frames, as one of many channels.
Latents AsOneFrame(Latents latents) {
  latents.channels *= latents.frames;
  latents.frames = 1;
  return latents;
}

// From the first step on, with the one that the last step leads to.
at::Tensor Sigmas(const models::Sampler& sampler, int first) {
  at::Tensor sigmas = at::empty({sampler.steps() + 1 - first}, at::kFloat);
  for (int step = first; step <= sampler.steps(); ++step) {
    sigmas.data_ptr<float>()[step - first] = static_cast<float>(sampler.sigma(step));
  }
  return sigmas;
}

class SchedulerRun {
 public:
  SchedulerRun(const GoldenCase& golden, const models::Sampler& sampler)
      : golden_(golden), sampler_(sampler) {}

  Outputs Run() {
    const Latents shape = ToLatents(golden_.Floats("in.x"));
    const int first = Start();
    Keep(shape, x_, latents_);
    models::StepMemory memory;
    for (int step = first; step < sampler_.steps(); ++step) {
      const Latents input = sampler_.ScaleModelInput(x_, step);
      const double timestep = sampler_.timestep(step);
      timesteps_.push_back(at::full({1}, timestep, at::kFloat));
      Keep(shape, input, inputs_);
      x_ = sampler_.Step(x_, FakeModel(input, timestep), step, Noise(step - first), memory);
      Keep(shape, x_, latents_);
    }
    return {{"out.latents", at::cat(latents_)},
            {"out.model_input", at::cat(inputs_)},
            {"out.timesteps", at::cat(timesteps_)},
            {"out.sigmas", Sigmas(sampler_, first)},
            {"out.init_noise_sigma", at::full({}, sampler_.initial_sigma(), at::kFloat)}};
  }

 private:
  // Sets x_; returns the first step.
  int Start() {
    const json strength = golden_.entry.value("strength", json());
    x_ = AsOneFrame(ToLatents(golden_.Floats("in.x")));
    if (strength.is_null()) {
      for (float& value : x_.values) {
        value *= static_cast<float>(sampler_.initial_sigma());
      }
      return 0;
    }
    const int first = FirstStep(golden_.entry.value("steps", 0), strength.get<double>());
    x_ = sampler_.AddNoise(x_, ToLatents(golden_.Floats("in.noise")).values, first);
    return first;
  }

  [[nodiscard]] std::vector<float> Noise(int step_of_run) const {
    if (!sampler_.adds_noise()) {
      return {};
    }
    return ToLatents(golden_.Floats("in.variance_noise").select(0, step_of_run)).values;
  }

  static void Keep(const Latents& shape, const Latents& values, std::vector<at::Tensor>& rows) {
    Latents row = shape;
    row.values = values.values;
    rows.push_back(Row(row));
  }

  const GoldenCase& golden_;
  const models::Sampler& sampler_;
  Latents x_;
  std::vector<at::Tensor> latents_;
  std::vector<at::Tensor> inputs_;
  std::vector<at::Tensor> timesteps_;
};

}  // namespace

Result<Outputs> RunSchedulerCase(const GoldenCase& golden) {
  WEFT_ASSIGN_OR_RETURN(
      const auto sampler,
      SamplerOf({golden.entry.value("scheduler", json()), golden.entry.value("overrides", json()),
                 golden.entry.value("steps", 0), golden.entry.value("eta", 0.0)},
                {}));
  return SchedulerRun(golden, *sampler).Run();
}

}  // namespace weft::golden
