// Guided predictions of a UNet with ControlNets, for frames that attend to others.
//
// Frames that do not attend jointly go micro_batch() at a time; frames that do go a whole group at
// a time. On a GPU, whose kernels round differently for other shapes and at other places of a
// batch, a frame's place follows from its number (batch_places.h), and what is missing repeats
// others. A frame's numbers thus do not depend on its company.
//
// Passes are launched kernel by kernel, not as CUDA graphs, which gain nothing where GPUs are well
// used: at 512x512, Stable Diffusion 1.5 and 8 frames, which are 16 samples, a pass of some 600 to
// 760 kernels keeps an H100 busy for 35 ms, and launching them runs ahead of it. It falls behind
// for few frames, and where others use the host's processors. A graph, though, keeps memory for
// each shape of a pass, and anchors, controls that rest and halved batches make many.

#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

#include "common/result.h"
#include "worker/models/diffusion_model.h"
#include "worker/models/guided_pass.h"
#include "worker/models/kept_anchors.h"

namespace weft::models {

// One thread. Throws what ATen throws; errors of the caller come back as Status.
class GuidedDenoiser {
 public:
  using Parts = DenoiserParts;

  explicit GuidedDenoiser(Parts parts) : parts_(std::move(parts)) {}

  // As DiffusionModel's functions of these names.
  Result<Latents> PredictAnchors(const StepInput& anchors,
                                 double timestep,
                                 const PromptEmbedding& prompts,
                                 const Guidance& guidance);
  Result<int> RecallAnchors(const StepInput& anchors,
                            double timestep,
                            const PromptEmbedding& prompts,
                            const Guidance& guidance);
  Result<Latents> PredictFrames(const StepInput& frames,
                                double timestep,
                                const PromptEmbedding& prompts,
                                const Guidance& guidance);
  Result<Latents> PredictJoint(const StepInput& frames,
                               const JointFrames& joint,
                               double timestep,
                               const PromptEmbedding& prompts,
                               const Guidance& guidance);

  // As DiffusionModel's.
  [[nodiscard]] int micro_batch() const { return micro_batch_; }
  void UseMicroBatch(int frames) { micro_batch_ = std::min(frames, micro_batch_max_); }
  void KeepAnchors(std::uint64_t bytes) { kept_.BeginTask(bytes); }

  // Memory has run out elsewhere. False: nothing is kept.
  bool GiveUpAnchors() { return kept_.GiveUp(); }

 private:
  [[nodiscard]] Status CheckAttends(const StepInput& frames,
                                    double timestep,
                                    const Guidance& guidance) const;
  // Of each ControlNet: whether it runs and its frames attend to others.
  [[nodiscard]] std::vector<bool> NetsAttending(const StepInput& input,
                                                const Guidance& guidance) const;
  // That of the last prompts, where they are the same.
  const PromptReading& Reading(const PromptEmbedding& prompts);
  // What `work` gives. Where the device runs out of memory, it is done again without the anchors
  // that are kept, then with half as many frames a pass; throws only where one is too many.
  template <typename Work>
  int Fitting(const Work& work);
  // Places of numbers[first] and those behind it, as many as go into one pass.
  [[nodiscard]] std::vector<int> PlacesFrom(const std::vector<int>& numbers, int first) const;
  // slots: of a pass, standing at `places`; with repeated ones where a place is empty.
  [[nodiscard]] std::vector<Slot> BatchOf(const std::vector<Slot>& slots,
                                          const std::vector<int>& places) const;
  // `slots` in micro-batches; writes each slot's output at its frame of `out`.
  // numbers: one a slot.
  void RunAll(const GuidedPass& pass,
              const std::vector<Slot>& slots,
              const std::vector<int>& numbers,
              Latents& out);
  // One micro-batch of them, from `first` on; how many that was.
  int RunSome(const GuidedPass& pass,
              const std::vector<Slot>& slots,
              const std::vector<int>& numbers,
              int first,
              Latents& out);
  // Leaves the keys and values of these anchors, ascending, in anchors_, and their outputs in
  // `out`. The first one was there before or is one of them.
  void RunAnchors(const GuidedPass& pass,
                  const std::vector<int>& which,
                  const std::vector<int>& numbers,
                  Latents& out);
  // What PredictFrames() is to find of the anchors it reads.
  void NoteAnchors(const StepInput& anchors, double timestep, const Guidance& guidance);
  // first: of the first anchor; null where that is asked for.
  [[nodiscard]] AnchorInput InputOf(int anchor,
                                    const StepInput& anchors,
                                    double timestep,
                                    const Guidance& guidance,
                                    const std::shared_ptr<const AnchorInput>& first) const;
  // kFirst and kFirstAndPrevious: all frames of the input in ascending order.
  void RunChain(const GuidedPass& pass, const JointFrames& joint, Latents& out);
  // A micro-batch of a chain.
  struct ChainLink {
    int first;   // Its first frame.
    int before;  // Where in the memories the last frame of the batch before lies.
    FrameMemories& memories;
  };
  // How many frames that was.
  int RunLink(const GuidedPass& pass,
              const JointFrames& joint,
              const ChainLink& link,
              Latents& out);
  // kPattern and kWindow.
  void RunGroups(GuidedPass& pass, const JointFrames& joint, Latents& out);

  Parts parts_;
  int micro_batch_ = 1;  // Frames of one pass, where they do not attend jointly.
  int micro_batch_max_ = std::numeric_limits<int>::max();  // What memory has held.
  std::vector<PromptReading> reading_;                     // None or one.
  ControlConditions conditions_;
  KeptAnchors kept_;  // Of the prompts that reading_ holds.
  FrameMemories anchors_;
  int anchor_count_ = 0;
  double anchor_timestep_ = -1.0;
  std::vector<bool> anchor_nets_;  // NetsAttending() of theirs.
  int anchor_height_ = 0;          // Cells.
  int anchor_width_ = 0;
};

}  // namespace weft::models
