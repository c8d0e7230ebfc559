#include "tests/golden/noise_schedule.h"

#include <algorithm>
#include <map>
#include <string>

namespace weft::golden {
namespace {

using models::Prediction;
using models::SamplerKind;
using nlohmann::json;

Result<SamplerKind> KindOf(const json& scheduler) {
  static const std::map<json, SamplerKind> kinds = {{"ddim", SamplerKind::kDdim},
                                                    {"euler", SamplerKind::kEuler},
                                                    {"dpmpp2m", SamplerKind::kDpmpp2m},
                                                    {"pndm", SamplerKind::kPndm}};
  const auto found = kinds.find(scheduler);
  if (found == kinds.end()) {
    return Failure(ErrorCode::kUnsupported, "sampler " + scheduler.dump());
  }
  return found->second;
}

// Whether the override is one of the noise schedule's.
bool OverrideSchedule(const std::string& field,
                      const json& value,
                      models::NoiseScheduleConfig& schedule) {
  if (field == "prediction_type" && (value == "v_prediction" || value == "epsilon")) {
    schedule.prediction = value == "epsilon" ? Prediction::kEpsilon : Prediction::kVelocity;
  } else if (field == "set_alpha_to_one") {
    schedule.set_alpha_to_one = value.get<bool>();
  } else if (field == "steps_offset") {
    schedule.steps_offset = value.get<int>();
  } else if (field == "beta_schedule") {
    schedule.beta_schedule = value.get<std::string>();
  } else if (field == "beta_start") {
    schedule.beta_start = value.get<double>();
  } else if (field == "beta_end") {
    schedule.beta_end = value.get<double>();
  } else if (field == "num_train_timesteps") {
    schedule.train_steps = value.get<int>();
  } else {
    return false;
  }
  return true;
}

// Constructor arguments whose value here is what Weft's samplers do anyway.
bool IsAlwaysSo(const std::string& field, const json& value) {
  static const std::map<std::string, json> always = {
      {"algorithm_type", "dpmsolver++"}, {"solver_order", 2},
      {"solver_type", "midpoint"},       {"lower_order_final", true},
      {"euler_at_final", false},         {"clip_sample", false},
      {"thresholding", false},           {"skip_prk_steps", true},
      {"interpolation_type", "linear"},  {"timestep_type", "discrete"},
      {"rescale_betas_zero_snr", false}, {"trained_betas", nullptr}};
  const auto found = always.find(field);
  return found != always.end() && found->second == value;
}

bool OverrideSampler(const std::string& field, const json& value, models::SamplerOptions& options) {
  if (field == "timestep_spacing" && value.is_string()) {
    options.spacing = models::TimestepSpacingNamed(value.get<std::string>());
    return options.spacing.has_value();
  }
  if (field == "use_karras_sigmas") {
    options.karras_sigmas = value.get<bool>();
    return true;
  }
  if (field == "final_sigmas_type" && (value == "zero" || value == "sigma_min")) {
    options.ends_at_smallest_sigma = value == "sigma_min";
    return true;
  }
  return IsAlwaysSo(field, value);
}

}  // namespace

Result<std::unique_ptr<models::Sampler>> SamplerOf(const SamplerCase& wanted,
                                                   models::NoiseScheduleConfig schedule) {
  models::SamplerOptions options{.steps = wanted.steps, .eta = wanted.eta};
  WEFT_ASSIGN_OR_RETURN(options.kind, KindOf(wanted.scheduler));
  // The cases name a spacing where it is not the scheduler's own.
  schedule.timestep_spacing.reset();
  for (const auto& [field, value] : wanted.overrides.items()) {
    if (!OverrideSchedule(field, value, schedule) && !OverrideSampler(field, value, options)) {
      return Failure(ErrorCode::kUnsupported, "scheduler override " + field + " = " + value.dump());
    }
  }
  return models::Sampler::Create(schedule, options);
}

int FirstStep(int steps, double strength) {
  return std::max(steps - std::min(static_cast<int>(steps * strength), steps), 0);
}

}  // namespace weft::golden
