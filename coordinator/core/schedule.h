// A job's steps, and how they fall into rounds.

#pragma once

#include <cstdint>
#include <vector>

#include "common/plan/rounds.h"
#include "weft/v1/job.pb.h"

namespace weft::coordinator {

// A round that goes on for longer would lose too much where its worker is lost.
inline constexpr std::uint32_t kRoundStepsMax = 32;

// All steps that the job runs, as one round: the anchors'. A step is one call of the model: PNDM
// has one more than the specification counts, as it calls the model twice at its second timestep.
Round WholeSchedule(const v1::JobSpec& spec);

// The rounds of a render, in order. Where frames attend jointly, a round has as many steps as the
// specification says, or else the clip (exchange_choice.h), or one.
std::vector<Round> RoundsOf(const v1::JobSpec& spec, const v1::Clip& clip);

// Those of a job whose frames attend jointly, with at most `round_steps` evaluations of the model
// in each. REQUIRES: round_steps > 0.
std::vector<Round> JointRounds(const v1::JobSpec& spec, std::uint32_t round_steps);

// Whether any UNet step runs in the round. A round that only smooths needs no controls and anchors.
bool RunsUnet(const Round& round);

}  // namespace weft::coordinator
