#include "worker/models/noise_levels.h"

#include <algorithm>
#include <cmath>
#include <string>

namespace weft::models {
namespace {

// torch.linspace in float32, which counts from the nearer end.
std::vector<float> EvenlySpaced(double first, double last, int count) {
  const auto begin = static_cast<float>(first);
  const auto end = static_cast<float>(last);
  const float step = count > 1 ? (end - begin) / static_cast<float>(count - 1) : 0.0F;
  std::vector<float> values;
  for (int i = 0; i < count; ++i) {
    const bool near_begin = i < count / 2 || count == 1;
    values.push_back(near_begin ? begin + step * static_cast<float>(i)
                                : end - step * static_cast<float>(count - 1 - i));
  }
  return values;
}

// Nichol and Dhariwal 2021 (arXiv 2102.09672), eq. 17, with betas of at most 0.999.
std::vector<float> CosineBetas(int count) {
  const auto remaining = [count](int step) {
    constexpr double kOffset = 0.008;
    constexpr double kHalfPi = 1.57079632679489661923;
    const double cosine =
        std::cos((static_cast<double>(step) / count + kOffset) / (1.0 + kOffset) * kHalfPi);
    return cosine * cosine;
  };
  std::vector<float> betas;
  betas.reserve(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) {
    betas.push_back(static_cast<float>(std::min(1.0 - remaining(i + 1) / remaining(i), 0.999)));
  }
  return betas;
}

Result<std::vector<float>> Betas(const NoiseScheduleConfig& config) {
  if (config.beta_schedule == "squaredcos_cap_v2") {
    return CosineBetas(config.train_steps);
  }
  if (config.beta_schedule == "linear") {
    return EvenlySpaced(config.beta_start, config.beta_end, config.train_steps);
  }
  if (config.beta_schedule != "scaled_linear") {
    return Failure(ErrorCode::kUnsupported,
                   "beta_schedule \"" + config.beta_schedule +
                       "\"; there are scaled_linear, linear and squaredcos_cap_v2");
  }
  std::vector<float> betas =
      EvenlySpaced(std::sqrt(config.beta_start), std::sqrt(config.beta_end), config.train_steps);
  for (float& beta : betas) {
    beta *= beta;
  }
  return betas;
}

}  // namespace

Result<NoiseLevels> NoiseLevels::Create(const NoiseScheduleConfig& config) {
  WEFT_ASSIGN_OR_RETURN(const std::vector<float> betas, Betas(config));
  NoiseLevels levels;
  double product = 1.0;
  for (const float beta : betas) {
    const float keeps = 1.0F - beta;
    if (!(keeps > 0.0F && keeps < 1.0F)) {
      return Failure(ErrorCode::kInvalidArgument,
                     "beta_start " + std::to_string(config.beta_start) + ", beta_end " +
                         std::to_string(config.beta_end) + ": every beta must lie between 0 and 1");
    }
    product *= static_cast<double>(keeps);
    const auto alpha = static_cast<float>(product);
    const float sigma = std::sqrt((1.0F - alpha) / alpha);
    levels.alphas_.push_back(alpha);
    levels.sigmas_.push_back(sigma);
    levels.log_sigmas_.push_back(std::log(sigma));
  }
  return levels;
}

double NoiseLevels::alpha(int timestep) const {
  return alphas_.at(static_cast<std::size_t>(timestep));
}

double NoiseLevels::sigma(int timestep) const {
  return sigmas_.at(static_cast<std::size_t>(timestep));
}

double NoiseLevels::SigmaAt(double timestep) const {
  const int below = std::clamp(static_cast<int>(timestep), 0, count() - 1);
  const int above = std::min(below + 1, count() - 1);
  return sigma(below) + (sigma(above) - sigma(below)) * (timestep - below);
}

double NoiseLevels::TimestepOf(double sigma) const {
  if (count() == 1) {
    return 0.0;
  }
  const double wanted = std::log(std::max(sigma, 1e-10));
  const auto above = std::upper_bound(log_sigmas_.begin(), log_sigmas_.end(), wanted);
  const auto last_pair = static_cast<std::ptrdiff_t>(log_sigmas_.size()) - 2;
  const std::ptrdiff_t low =
      std::clamp<std::ptrdiff_t>(above - log_sigmas_.begin() - 1, 0, last_pair);
  const double begin = log_sigmas_[static_cast<std::size_t>(low)];
  const double end = log_sigmas_[static_cast<std::size_t>(low) + 1];
  const double fraction = std::clamp((wanted - begin) / (end - begin), 0.0, 1.0);
  return static_cast<double>(low) + fraction;
}

std::vector<double> KarrasSigmas(double largest, double smallest, int steps) {
  constexpr double kRho = 7.0;
  const double first = std::pow(largest, 1.0 / kRho);
  const double last = std::pow(smallest, 1.0 / kRho);
  std::vector<double> sigmas;
  for (int i = 0; i < steps; ++i) {
    const double fraction = steps > 1 ? i / (steps - 1.0) : 0.0;
    sigmas.push_back(std::pow(first + fraction * (last - first), kRho));
  }
  return sigmas;
}

}  // namespace weft::models
