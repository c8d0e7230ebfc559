// What anchor and denoise share: a job's sampler, its noise maps, its starting latents, and the
// latents that other tasks stored.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "common/ids.h"
#include "common/plan/frames.h"
#include "common/result.h"
#include "weft/v1/look.pb.h"
#include "weft/v1/task.pb.h"
#include "worker/frame/latents.h"
#include "worker/models/sampler.h"
#include "worker/stages/stage.h"

namespace weft::worker {

// Latents of a run of frames, joined from the blobs of the chunks they lie in.
struct ChunkOutput {
  Stage stage;
  std::uint32_t round;
  std::string_view name;
};

class Denoising {
 public:
  // Loads the job's model if it is not warm.
  static Result<Denoising> Prepare(const v1::Task& task, StageContext& context);

  // x at the first step that runs, for the given frames: the same noise for every frame, alone
  // (strength 1) or over the encoded source.
  Result<Latents> Start(const std::vector<std::uint32_t>& frames, StageContext& context) const;

  // Control maps of the given frames from their chunks' annotate outputs, [ControlNet][frame];
  // empty without control.
  Result<std::vector<std::vector<ControlMap>>> Controls(const std::vector<std::uint32_t>& frames,
                                                        StageContext& context) const;

  // What the model is guided by at `step`: ControlNets rest outside of their ranges.
  [[nodiscard]] models::Guidance GuidanceAt(int step) const;

  // What the sampler adds after `step`, the same for every frame; empty where it adds nothing.
  [[nodiscard]] std::vector<float> StepNoise(int step) const;

  [[nodiscard]] const models::Sampler& sampler() const { return *sampler_; }
  [[nodiscard]] const WarmModel::Ready& ready() const { return ready_; }
  // The steps of the schedule that the job runs: first_step() .. sampler().steps()-1.
  [[nodiscard]] int first_step() const { return first_step_; }
  [[nodiscard]] int steps_to_run() const { return sampler_->steps() - first_step_; }

  // The other job's anchors that the frames attend to; null where they have their own.
  [[nodiscard]] const v1::Look* look() const { return look_ ? &*look_ : nullptr; }

  // The model's micro-batch where memory was too short for the clip's, else 0.
  [[nodiscard]] std::uint32_t SmallerMicroBatch() const;

 private:
  Denoising(const v1::Task& task, std::unique_ptr<models::Sampler> sampler, WarmModel::Ready ready)
      : task_(&task), sampler_(std::move(sampler)), ready_(std::move(ready)) {}

  // stream: of the job's seed, or of the look's.
  [[nodiscard]] std::vector<float> Noise(std::uint32_t stream) const;
  [[nodiscard]] Latents NoiseOnly(std::size_t frame_count) const;

  const v1::Task* task_;
  std::unique_ptr<models::Sampler> sampler_;
  WarmModel::Ready ready_;
  int first_step_ = 0;
  std::optional<v1::Look> look_;
};

// StepInput::numbers of the job's own anchors at these frames, ascending: those of one scene lie
// anchor_spacing apart and follow each other; only where a scene ends may two have one number.
// Those that the user gave are counted.
std::vector<int> AnchorNumbers(const v1::JobSpec& job, const std::vector<std::uint32_t>& frames);

// What the task's own chunk brought, all of it: latents of `frames`.
Result<Latents> FetchOwn(const v1::Task& task,
                         const ChunkOutput& output,
                         FrameRange frames,
                         BlobStore& blobs);

// Latents of `range` where chunks overlap and exchanged nothing: what several brought of a frame,
// faded into one another. REQUIRES: OverlapOf(task.job(), task.clip()) is there.
Result<Latents> FetchFaded(const v1::Task& task,
                           const ChunkOutput& output,
                           FrameRange range,
                           BlobStore& blobs);

// Latents of `frames`, ascending, from the outputs of the chunks they lie in: of the task's core,
// from its own chunk's.
Result<Latents> FetchFrames(const v1::Task& task,
                            const ChunkOutput& output,
                            const std::vector<std::uint32_t>& frames,
                            BlobStore& blobs);

// The numbers begin .. end-1.
std::vector<std::uint32_t> FrameNumbers(FrameRange range);

}  // namespace weft::worker
