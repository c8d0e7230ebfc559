#include "worker/models/ddim.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <string>
#include <utility>

namespace weft::models {
namespace {

// Cumulative products of 1 - beta, at every training step.
Result<std::vector<double>> CumulativeAlphas(const NoiseScheduleConfig& config) {
  const bool scaled = config.beta_schedule == "scaled_linear";
  if (!scaled && config.beta_schedule != "linear") {
    return Failure(ErrorCode::kUnsupported, "beta schedule \"" + config.beta_schedule +
                                                "\"; there are scaled_linear and linear");
  }
  const double first = scaled ? std::sqrt(config.beta_start) : config.beta_start;
  const double last = scaled ? std::sqrt(config.beta_end) : config.beta_end;
  std::vector<double> alphas;
  double product = 1.0;
  for (int step = 0; step < config.train_steps; ++step) {
    const double fraction = config.train_steps > 1 ? step / (config.train_steps - 1.0) : 0.0;
    const double between = first + (last - first) * fraction;
    product *= 1.0 - (scaled ? between * between : between);
    alphas.push_back(product);
  }
  return alphas;
}

// diffusers' DDIMScheduler.set_timesteps. std::nearbyint rounds halves to even, as numpy does.
Result<std::vector<int>> Timesteps(const NoiseScheduleConfig& config, int steps) {
  std::vector<int> timesteps;
  const int ratio = config.train_steps / steps;
  for (int step = 0; step < steps; ++step) {
    const int from_end = steps - 1 - step;
    if (config.timestep_spacing == "leading") {
      timesteps.push_back(from_end * ratio + config.steps_offset);
    } else if (config.timestep_spacing == "trailing") {
      const double exact =
          config.train_steps - step * (static_cast<double>(config.train_steps) / steps);
      timesteps.push_back(static_cast<int>(std::nearbyint(exact)) - 1);
    } else if (config.timestep_spacing == "linspace") {
      const double stride = steps > 1 ? (config.train_steps - 1.0) / (steps - 1.0) : 0.0;
      timesteps.push_back(static_cast<int>(std::nearbyint(from_end * stride)));
    } else {
      return Failure(ErrorCode::kUnsupported, "timestep spacing \"" + config.timestep_spacing +
                                                  "\"; there are leading, trailing and linspace");
    }
  }
  if (timesteps.front() >= config.train_steps || timesteps.back() < 0) {
    return Failure(ErrorCode::kInvalidArgument,
                   std::to_string(steps) + " steps do not fit into the model's " +
                       std::to_string(config.train_steps) + " training steps");
  }
  return timesteps;
}

// a * x + b * y, element by element.
Latents Combine(double a, const Latents& x, double b, const Latents& y) {
  assert(x.values.size() == y.values.size());
  const auto weight_x = static_cast<float>(a);
  const auto weight_y = static_cast<float>(b);
  Latents sum = x;
  for (std::size_t i = 0; i < sum.values.size(); ++i) {
    sum.values[i] = weight_x * x.values[i] + weight_y * y.values[i];
  }
  return sum;
}

}  // namespace

Result<Ddim> Ddim::Create(const NoiseScheduleConfig& config, int steps) {
  if (steps < 1 || steps > config.train_steps) {
    return Failure(ErrorCode::kInvalidArgument, std::to_string(steps) +
                                                    " steps: the number must be from 1 to " +
                                                    std::to_string(config.train_steps));
  }
  WEFT_ASSIGN_OR_RETURN(const std::vector<double> alphas, CumulativeAlphas(config));
  Ddim ddim;
  WEFT_ASSIGN_OR_RETURN(ddim.timesteps_, Timesteps(config, steps));
  ddim.prediction_ = config.prediction;
  for (const int timestep : ddim.timesteps_) {
    const int previous = timestep - config.train_steps / steps;
    const double last = config.set_alpha_to_one ? 1.0 : alphas.front();
    ddim.alpha_.push_back(alphas[static_cast<std::size_t>(timestep)]);
    ddim.alpha_prev_.push_back(previous < 0 ? last : alphas[static_cast<std::size_t>(previous)]);
  }
  return ddim;
}

int Ddim::timestep(int step) const {
  return timesteps_.at(static_cast<std::size_t>(step));
}

Latents Ddim::AddNoise(const Latents& clean, const std::vector<float>& noise, int step) const {
  assert(noise.size() == clean.frame_size());
  const double alpha = alpha_.at(static_cast<std::size_t>(step));
  const auto keep = static_cast<float>(std::sqrt(alpha));
  const auto add = static_cast<float>(std::sqrt(1.0 - alpha));
  Latents noisy = clean;
  for (std::size_t i = 0; i < noisy.values.size(); ++i) {
    noisy.values[i] = keep * clean.values[i] + add * noise[i % noise.size()];
  }
  return noisy;
}

Latents Ddim::PredictClean(const Latents& noisy, const Latents& output, int step) const {
  const double alpha = alpha_.at(static_cast<std::size_t>(step));
  if (prediction_ == Prediction::kVelocity) {
    return Combine(std::sqrt(alpha), noisy, -std::sqrt(1.0 - alpha), output);
  }
  return Combine(1.0 / std::sqrt(alpha), noisy, -std::sqrt(1.0 - alpha) / std::sqrt(alpha), output);
}

Latents Ddim::Step(const Latents& noisy, const Latents& clean, int step) const {
  const double alpha = alpha_.at(static_cast<std::size_t>(step));
  const double previous = alpha_prev_.at(static_cast<std::size_t>(step));
  if (previous == 1.0) {
    return clean;
  }
  // eps' put into the sum: one rounding less, and nothing to cancel where 1 - alpha is small.
  const double from_noisy = std::sqrt(1.0 - previous) / std::sqrt(1.0 - alpha);
  return Combine(from_noisy, noisy, std::sqrt(previous) - from_noisy * std::sqrt(alpha), clean);
}

}  // namespace weft::models
