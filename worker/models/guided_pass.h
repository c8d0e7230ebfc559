// Forward passes of a UNet and its ControlNets over frames times two sides, and the guidance.
//
// A pass over m frames sees a batch in the order
//   [negative of frame 0 .. m-1, positive of frame 0 .. m-1].

#pragma once

#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "worker/models/attention.h"
#include "worker/models/control_conditions.h"
#include "worker/models/controlnet.h"
#include "worker/models/diffusion_model.h"
#include "worker/models/pass_graphs.h"
#include "worker/models/unet.h"

namespace weft::models {

struct DenoiserParts {
  Unet unet;
  std::vector<ControlNet> controlnets;
  Placement placement;
  int channels = 4;      // Of a latent.
  int prompt_width = 0;  // cross_attention_dim
  int vae_factor = 8;    // Pixels per cell of a control map.
};

// What the networks make of a prompt before any frame comes.
struct PromptReading {
  PromptEmbedding embedding;  // What it was made of.
  at::Tensor prompt;          // [2, tokens, width]
  TextKeys unet;
  std::vector<TextKeys> controlnets;  // One a net.
};

PromptReading ReadPrompts(const DenoiserParts& parts, const PromptEmbedding& embedding);

// What one frame left in the memories, [layer]: the UNet's, and that of each ControlNet.
struct FrameStates {
  std::vector<FrameMemory::Sides> unet;
  std::vector<std::vector<FrameMemory::Sides>> controlnets;
};

// The UNet's, and one a ControlNet.
struct FrameMemories {
  FrameMemory unet;
  std::vector<FrameMemory> controlnets;

  // As FrameMemory's.
  [[nodiscard]] FrameStates Of(int frame) const;
  void Put(int frame, const FrameStates& states);
};

// One frame of a batch.
struct Slot {
  int frame = 0;  // Of the step's input.
  Mates mates;
  std::vector<int> reads;  // From the memories.
  int writes = -1;         // Its place in the memories; -1: none.
};

// What passes leave for later ones.
struct PassCaches {
  ControlConditions conditions;
  PassGraphs graphs;  // Of one PromptReading; to be forgotten before that goes.
};

// Whether a step with this input and guidance runs the ControlNet of this number.
bool NetRuns(std::size_t net, const StepInput& input, const Guidance& guidance);

struct GuidedStep {
  const StepInput& input;
  double timestep;
  const Guidance& guidance;
};

// The passes of one step. References must outlive it, and those to the parts and the prompts the
// graphs, too. Throws what ATen throws.
class GuidedPass {
 public:
  GuidedPass(const DenoiserParts& parts,
             const PromptReading& prompts,
             PassCaches& caches,
             const GuidedStep& step);

  // Guided outputs, [slots, channels, height, width].
  std::vector<float> Run(const std::vector<Slot>& batch, FrameMemories& memories) const;

  // As Run(). ControlNets that see each frame alone compute its residuals in a pass of its own and
  // keep them while the next batch names the frame again: once, in however many groups it is.
  std::vector<float> RunGroup(const std::vector<Slot>& batch, FrameMemories& memories);

 private:
  // [frames, channels, height, width]
  [[nodiscard]] at::Tensor SampleOf(const std::vector<Slot>& batch) const;
  // [frames, width, latent height, latent width]
  [[nodiscard]] at::Tensor ConditionOf(std::size_t net, const std::vector<Slot>& batch) const;
  // Scaled residuals for both sides; nothing where no net runs. memories: null: each frame alone.
  std::optional<Skips> Residuals(const std::vector<Slot>& batch, FrameMemories* memories) const;
  [[nodiscard]] Skips ResidualsOf(std::size_t net,
                                  const std::vector<Slot>& batch,
                                  FrameMemory* memory) const;
  std::vector<float> Guide(const std::vector<Slot>& batch,
                           FrameMemory& memory,
                           const Skips* residuals) const;
  // One network's evaluation of a batch.
  struct Network {
    // What it makes of its inputs, the first of which is SampleOf(). joint: null: each frame alone.
    // Refers to nothing that does not outlive the graphs.
    std::function<std::vector<at::Tensor>(const std::vector<at::Tensor>& inputs,
                                          JointAttention* joint)>
        run;
    std::size_t outputs = 1;
    PassKey key;  // But for the links.
  };
  // What it gives; by its graph where it has one.
  std::vector<at::Tensor> Evaluate(const Network& network,
                                   const std::vector<at::Tensor>& inputs,
                                   JointAttention* joint) const;

  const DenoiserParts& parts_;
  const PromptReading& prompts_;
  PassCaches& caches_;
  const StepInput& input_;
  const Guidance& guidance_;
  at::Tensor time_;                    // The UNet's time embedding.
  std::vector<at::Tensor> net_times_;  // Each ControlNet's, where it runs.
  std::map<int, Skips> residuals_;     // By frame, [2, …] each: those of RunGroup()'s last batch.
};

}  // namespace weft::models
