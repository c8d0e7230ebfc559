#include "worker/models/sampler.h"

#include <cmath>

#include "worker/models/ddim.h"
#include "worker/models/dpmpp_2m.h"
#include "worker/models/euler.h"
#include "worker/models/latent_sum.h"
#include "worker/models/noise_levels.h"
#include "worker/models/pndm.h"

namespace weft::models {
namespace {

Status CheckOptions(const NoiseScheduleConfig& config, const SamplerOptions& options) {
  if (options.steps < 1 || options.steps > config.train_steps) {
    return Failure(ErrorCode::kInvalidArgument, std::to_string(options.steps) +
                                                    " steps: the number must be from 1 to " +
                                                    std::to_string(config.train_steps));
  }
  if (!(options.eta >= 0.0 && options.eta <= 1.0)) {
    return Failure(ErrorCode::kInvalidArgument,
                   "eta " + std::to_string(options.eta) + ": must be from 0 to 1");
  }
  if (options.eta > 0.0 && options.kind != SamplerKind::kDdim) {
    return Failure(ErrorCode::kUnsupported,
                   "eta: " + Name(options.kind) + " adds no noise; DDIM does");
  }
  const bool has_sigmas =
      options.kind == SamplerKind::kEuler || options.kind == SamplerKind::kDpmpp2m;
  if (options.karras_sigmas && !has_sigmas) {
    return Failure(ErrorCode::kUnsupported,
                   "Karras sigmas: " + Name(options.kind) + " has none; Euler and DPM++ 2M do");
  }
  if (options.ends_at_smallest_sigma && !has_sigmas) {
    return Failure(ErrorCode::kUnsupported, "a last sigma above 0: " + Name(options.kind) +
                                                " has none; Euler and DPM++ 2M do");
  }
  return {};
}

}  // namespace

std::string Name(SamplerKind kind) {
  switch (kind) {
    case SamplerKind::kDdim:
      return "DDIM";
    case SamplerKind::kEuler:
      return "Euler";
    case SamplerKind::kDpmpp2m:
      return "DPM++ 2M";
    case SamplerKind::kPndm:
      return "PNDM";
  }
  return "";
}

Result<std::unique_ptr<Sampler>> Sampler::Create(const NoiseScheduleConfig& config,
                                                 const SamplerOptions& options) {
  WEFT_RETURN_IF_ERROR(CheckOptions(config, options));
  WEFT_ASSIGN_OR_RETURN(const NoiseLevels levels, NoiseLevels::Create(config));
  switch (options.kind) {
    case SamplerKind::kDdim:
      return CreateDdim(levels, config, options);
    case SamplerKind::kEuler:
      return CreateEuler(levels, config, options);
    case SamplerKind::kDpmpp2m:
      return CreateDpmpp2m(levels, config, options);
    case SamplerKind::kPndm:
      return CreatePndm(levels, config, options);
  }
  return Failure(ErrorCode::kUnsupported, "a sampler that is not built");
}

tl::unexpected<Error> Sampler::CannotSplit(SamplerKind kind) {
  return Failure(
      ErrorCode::kUnsupported,
      Name(kind) + " does not smooth between steps; take DDIM, or leave out smooth_steps");
}

Latents Sampler::ScaleModelInput(const Latents& x, int step) const {
  // Models see x at the scale where the squares of both weights sum to 1, as DDIM keeps it.
  return Sum({{1.0 / std::hypot(At(step).clean, At(step).noise), x}});
}

Latents Sampler::AddNoise(const Latents& clean, const std::vector<float>& noise, int step) const {
  Latents x = Sum({{At(step).clean, clean}});
  AddToEveryFrame(At(step).noise, noise, x);
  return x;
}

Latents Sampler::CleanOf(const Latents& x, const Latents& output, int step) const {
  const double clean = At(step).clean;
  const double noise = At(step).noise;
  if (schedule_.prediction == Prediction::kEpsilon) {
    return Sum({{1.0 / clean, x}, {-noise / clean, output}});
  }
  // Salimans and Ho 2022 (arXiv 2202.00512), section 4: x0 = clean * x - noise * v where
  // clean^2 + noise^2 is 1; x is brought there first.
  const double size = std::hypot(clean, noise);
  return Sum({{clean / (size * size), x}, {-noise / size, output}});
}

}  // namespace weft::models
