#include "worker/models/step_check.h"

#include <algorithm>
#include <functional>
#include <string>

namespace weft::models {
namespace {

tl::unexpected<Error> Invalid(const std::string& message) {
  return Failure(ErrorCode::kInvalidArgument, message);
}

std::size_t Volume(int a, int b, int c) {
  return static_cast<std::size_t>(a) * static_cast<std::size_t>(b) * static_cast<std::size_t>(c);
}

bool StrictlyAscending(const std::vector<int>& numbers) {
  return std::adjacent_find(numbers.begin(), numbers.end(), std::greater_equal<>()) ==
         numbers.end();
}

Status CheckControls(const DenoiserParts& parts, const StepInput& input, std::size_t net) {
  const Latents& noisy = input.noisy;
  const std::string name = "controls of ControlNet " + std::to_string(net);
  if (net >= parts.controlnets.size()) {
    return Failure(ErrorCode::kFailedPrecondition,
                   name + ": the model has " + std::to_string(parts.controlnets.size()));
  }
  if (input.controls[net].size() != static_cast<std::size_t>(noisy.frames)) {
    return Invalid(name + ": there must be one control map a frame");
  }
  for (const ControlMap& map : input.controls[net]) {
    if (map.width != noisy.width * parts.vae_factor ||
        map.height != noisy.height * parts.vae_factor) {
      return Invalid(name + ": a control map must be of the frames' size");
    }
    if ((map.channels != 1 && map.channels != 3) ||
        map.values.size() != Volume(map.width, map.height, map.channels)) {
      return Invalid(name + ": a control map must have 1 or 3 channels, and values that fill it");
    }
  }
  return {};
}

}  // namespace

Status CheckStep(const DenoiserParts& parts,
                 const StepInput& input,
                 const PromptEmbedding& prompts,
                 const Guidance& guidance) {
  const Latents& noisy = input.noisy;
  if (noisy.frames < 1 || noisy.height < 1 || noisy.width < 1 || noisy.channels != parts.channels ||
      noisy.values.size() != static_cast<std::size_t>(noisy.frames) * noisy.frame_size()) {
    return Invalid("latents: their shape is not the model's, or their values do not fill it");
  }
  if (prompts.tokens < 1 || prompts.width != parts.prompt_width ||
      prompts.values.size() != Volume(FrameMemory::kSides, prompts.tokens, prompts.width)) {
    return Invalid("prompts: not encoded by this model");
  }
  if (!input.numbers.empty() &&
      (input.numbers.size() != static_cast<std::size_t>(noisy.frames) ||
       !std::is_sorted(input.numbers.begin(), input.numbers.end()) || input.numbers.front() < 0)) {
    return Invalid("numbers: one a frame, ascending, from 0 on, or none at all");
  }
  if (guidance.control_scales.size() < input.controls.size()) {
    return Invalid("control_scales: one for each ControlNet with control maps");
  }
  for (std::size_t net = 0; net < input.controls.size(); ++net) {
    if (guidance.control_scales[net] != 0.0) {
      WEFT_RETURN_IF_ERROR(CheckControls(parts, input, net));
    }
  }
  return {};
}

Status CheckJointStep(const DenoiserParts& parts,
                      const StepInput& frames,
                      const JointFrames& joint) {
  WEFT_RETURN_IF_ERROR(CheckFrameAttention(joint.attention));
  const std::vector<int>& numbers = joint.numbers;
  if (numbers.size() != static_cast<std::size_t>(frames.noisy.frames) ||
      !StrictlyAscending(numbers) || numbers.front() < 0 || numbers.back() >= joint.total) {
    return Invalid("numbers: one a frame, ascending, from 0 to total - 1");
  }
  if (joint.wanted.empty() || !StrictlyAscending(joint.wanted) || joint.wanted.front() < 0 ||
      joint.wanted.back() >= joint.total) {
    return Invalid("wanted: frame numbers, ascending, from 0 to total - 1");
  }
  for (const int needed :
       FramesNeeded(joint.attention, joint.wanted, joint.total, parts.unet.SelfAttentionLayers())) {
    if (!std::binary_search(numbers.begin(), numbers.end(), needed)) {
      return Invalid("numbers: frame " + std::to_string(needed) +
                     " is needed for the wanted ones; see FramesNeeded()");
    }
  }
  return {};
}

}  // namespace weft::models
