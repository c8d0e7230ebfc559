// Whether a step's input is one that a model can work with, before anything is computed.

#pragma once

#include "common/result.h"
#include "worker/models/diffusion_model.h"
#include "worker/models/guided_pass.h"

namespace weft::models {

// kInvalidArgument: shapes that are not the model's or do not fit together, with what is wrong.
// kFailedPrecondition: maps for a ControlNet that the model does not have.
Status CheckStep(const DenoiserParts& parts,
                 const StepInput& input,
                 const PromptEmbedding& prompts,
                 const Guidance& guidance);

// Beyond CheckStep(), of frames that attend jointly. kInvalidArgument: a frame that is needed is
// not there, or a field out of its range.
Status CheckJointStep(const DenoiserParts& parts,
                      const StepInput& frames,
                      const JointFrames& joint);

}  // namespace weft::models
