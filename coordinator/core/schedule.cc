#include "coordinator/core/schedule.h"

#include <algorithm>

#include "common/wire/attention_wire.h"

namespace weft::coordinator {
namespace {

// Those that smooth anything.
std::vector<std::uint32_t> SmoothSteps(const v1::JobSpec& spec) {
  if (spec.window() == 0) {
    return {};
  }
  return {spec.smooth_steps().begin(), spec.smooth_steps().end()};
}

}  // namespace

Round WholeSchedule(const v1::JobSpec& spec) {
  const bool calls_one_more = spec.sampler() == v1::SAMPLER_PNDM && spec.steps() > 1;
  return {.first_step = FirstStep(spec.steps(), spec.strength()),
          .last_step = spec.steps() + (calls_one_more ? 1 : 0)};
}

std::vector<Round> RoundsOf(const v1::JobSpec& spec, const v1::Clip& clip) {
  if (JointAttentionOf(spec)) {
    const std::uint32_t asked = spec.round_steps();
    return JointRounds(spec, std::max(asked > 0 ? asked : clip.round_steps(), 1U));
  }
  const Round schedule = WholeSchedule(spec);
  return PlanRounds(schedule.last_step, schedule.first_step, SmoothSteps(spec));
}

std::vector<Round> JointRounds(const v1::JobSpec& spec, std::uint32_t round_steps) {
  const Round schedule = WholeSchedule(spec);
  return PlanJointRounds(schedule.last_step, schedule.first_step, SmoothSteps(spec), round_steps);
}

bool RunsUnet(const Round& round) {
  return Evaluations(round) > 0;
}

}  // namespace weft::coordinator
