// Guided predictions of a UNet with ControlNets, for frames that attend to others.
//
// Frames that do not attend jointly go micro_batch() at a time; frames that do go a whole group at
// a time. On a GPU, whose kernels round differently for other shapes and at other places of a
// batch, a frame's place follows from its number (batch_places.h), and what is missing repeats
// others. A frame's numbers thus do not depend on its company.
//
// Passes that come again and are small are launched as CUDA graphs (pass_graphs.h).

#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

#include "common/result.h"
#include "worker/models/device_graph.h"
#include "worker/models/diffusion_model.h"
#include "worker/models/guided_pass.h"
#include "worker/models/kept_anchors.h"

namespace weft::models {

// One thread. Throws what ATen throws; errors of the caller come back as Status.
class GuidedDenoiser {
 public:
  using Parts = DenoiserParts;

  // recorder: of the parts' device; null: passes are launched kernel by kernel. Not to be moved
  // once it has predicted something.
  explicit GuidedDenoiser(Parts parts, std::unique_ptr<GraphRecorder> recorder = nullptr)
      : parts_(std::move(parts)), caches_{ControlConditions(), PassGraphs(std::move(recorder))} {}

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

  // Memory has run out, here or elsewhere: gives up what only saves time. False: nothing is kept.
  bool GiveUpCaches() { return caches_.graphs.GiveUp() || kept_.GiveUp(); }

 private:
  [[nodiscard]] Status CheckAttends(const StepInput& frames,
                                    double timestep,
                                    const Guidance& guidance) const;
  // Of each ControlNet: whether it runs and its frames attend to others.
  [[nodiscard]] std::vector<bool> NetsAttending(const StepInput& input,
                                                const Guidance& guidance) const;
  // That of the last prompts, where they are the same.
  const PromptReading& Reading(const PromptEmbedding& prompts);
  // What `work` gives. Where the device runs out of memory, it is done again without the graphs,
  // then without the anchors that are kept, then with half as many frames a pass; throws only where
  // one is too many.
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
  PassCaches caches_;                                      // Its graphs are of reading_.
  KeptAnchors kept_;                                       // Of the prompts that reading_ holds.
  FrameMemories anchors_;
  int anchor_count_ = 0;
  double anchor_timestep_ = -1.0;
  std::vector<bool> anchor_nets_;  // NetsAttending() of theirs.
  int anchor_height_ = 0;          // Cells.
  int anchor_width_ = 0;
};

}  // namespace weft::models
