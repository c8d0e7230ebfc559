#include "worker/stages/job_sampler.h"

#include <optional>
#include <string>
#include <utility>

namespace weft::worker {
namespace {

Result<models::SamplerKind> KindOf(v1::Sampler sampler) {
  switch (sampler) {
    case v1::SAMPLER_UNSPECIFIED:
    case v1::SAMPLER_DDIM:
      return models::SamplerKind::kDdim;
    case v1::SAMPLER_EULER:
      return models::SamplerKind::kEuler;
    case v1::SAMPLER_DPMPP_2M:
      return models::SamplerKind::kDpmpp2m;
    case v1::SAMPLER_PNDM:
      return models::SamplerKind::kPndm;
    default:
      return Failure(ErrorCode::kUnsupported, "sampler: one that this worker does not know");
  }
}

Result<std::optional<models::TimestepSpacing>> SpacingOf(v1::TimestepSpacing spacing) {
  switch (spacing) {
    case v1::TIMESTEP_SPACING_UNSPECIFIED:
      return std::nullopt;
    case v1::TIMESTEP_SPACING_LEADING:
      return models::TimestepSpacing::kLeading;
    case v1::TIMESTEP_SPACING_TRAILING:
      return models::TimestepSpacing::kTrailing;
    case v1::TIMESTEP_SPACING_LINSPACE:
      return models::TimestepSpacing::kLinspace;
    default:
      return Failure(ErrorCode::kUnsupported,
                     "timestep_spacing: one that this worker does not know");
  }
}

}  // namespace

Result<std::unique_ptr<models::Sampler>> SamplerOf(const v1::JobSpec& job,
                                                   const models::NoiseScheduleConfig& schedule) {
  models::SamplerOptions options{.steps = static_cast<int>(job.steps()),
                                 .eta = job.eta(),
                                 .karras_sigmas = job.karras_sigmas()};
  WEFT_ASSIGN_OR_RETURN(options.kind, KindOf(job.sampler()));
  WEFT_ASSIGN_OR_RETURN(options.spacing, SpacingOf(job.timestep_spacing()));
  WEFT_ASSIGN_OR_RETURN(std::unique_ptr<models::Sampler> sampler,
                        models::Sampler::Create(schedule, options));
  if (job.smooth_steps_size() > 0 && job.window() > 0) {
    WEFT_RETURN_IF_ERROR(sampler->Split());
  }
  return sampler;
}

std::vector<double> ControlScalesAt(const v1::JobSpec& job,
                                    std::vector<double> scales,
                                    int i,
                                    int n) {
  const auto controls = static_cast<std::size_t>(job.controls_size());
  for (std::size_t net = 0; net < scales.size() && net < controls; ++net) {
    const v1::Control& control = job.controls(static_cast<int>(net));
    const double end = control.end() == 0.0 ? 1.0 : control.end();
    if (static_cast<double>(i) / n < control.start() || (i + 1.0) / n > end) {
      scales[net] = 0.0;
    }
  }
  return scales;
}

}  // namespace weft::worker
