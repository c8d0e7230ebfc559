// Guided predictions of a UNet with a ControlNet, for frames that attend to anchors.
//
// A forward pass holds `micro_batch` frames times two sides, in the order
//   [negative of frame 0 .. m-1, positive of frame 0 .. m-1];
// a batch that is not full repeats its last frame. Kernels thus always see the same shapes, and a
// frame's numbers do not depend on its company.

#pragma once

#include <optional>
#include <vector>

#include "common/result.h"
#include "worker/models/attention.h"
#include "worker/models/controlnet.h"
#include "worker/models/diffusion_model.h"
#include "worker/models/unet.h"

namespace weft::models {

// One thread. Throws what ATen throws; errors of the caller come back as Status.
class GuidedDenoiser {
 public:
  struct Parts {
    Unet unet;
    std::optional<ControlNet> controlnet;
    Placement placement;
    int channels = 4;      // Of a latent.
    int prompt_width = 0;  // cross_attention_dim
    int vae_factor = 8;    // Pixels per cell of a control map.
    int micro_batch = 1;
  };

  explicit GuidedDenoiser(Parts parts) : parts_(std::move(parts)) {}

  // As DiffusionModel's functions of these names.
  Result<Latents> PredictAnchors(const StepInput& anchors,
                                 double timestep,
                                 const PromptEmbedding& prompts,
                                 const Guidance& guidance);
  Result<Latents> PredictFrames(const StepInput& frames,
                                double timestep,
                                const PromptEmbedding& prompts,
                                const Guidance& guidance);

 private:
  // What is the same for every batch of one call.
  struct Call {
    const StepInput& input;
    double timestep = 0.0;
    at::Tensor prompt;  // [2, tokens, width]
    Guidance guidance;
  };
  // One frame of a batch.
  struct Slot {
    int frame = 0;           // Of the call's input.
    std::vector<int> reads;  // Anchors.
    int writes = -1;         // The anchor it becomes.
  };

  [[nodiscard]] Status Check(const StepInput& input,
                             const PromptEmbedding& prompts,
                             const Guidance& guidance) const;
  [[nodiscard]] Status CheckAttends(const StepInput& frames, double timestep) const;
  [[nodiscard]] Call Begin(const StepInput& input,
                           double timestep,
                           const PromptEmbedding& prompts,
                           const Guidance& guidance) const;
  void RunAll(const Call& call, const std::vector<Slot>& slots, Latents& out);
  void RunBatch(const Call& call, const Slot* slots, int count, Latents& out);
  [[nodiscard]] at::Tensor SampleOf(const Call& call, const std::vector<Slot>& batch) const;
  [[nodiscard]] at::Tensor ControlsOf(const Call& call, const std::vector<Slot>& batch) const;

  Parts parts_;
  FrameMemory memory_;
  int anchor_count_ = 0;
  double anchor_timestep_ = -1.0;
  int anchor_height_ = 0;  // Cells.
  int anchor_width_ = 0;
};

}  // namespace weft::models
