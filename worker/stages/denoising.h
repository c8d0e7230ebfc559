// What anchor and denoise share: a job's schedule, its one noise map, its starting latents, and the
// latents that other tasks stored.

#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "common/ids.h"
#include "common/plan/frames.h"
#include "common/result.h"
#include "weft/v1/task.pb.h"
#include "worker/frame/latents.h"
#include "worker/models/ddim.h"
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

  [[nodiscard]] const models::Ddim& ddim() const { return ddim_; }
  [[nodiscard]] const WarmModel::Ready& ready() const { return ready_; }
  // The first step of the schedule that the job runs.
  [[nodiscard]] std::uint32_t first_step() const { return first_step_; }

 private:
  Denoising(const v1::Task& task, models::Ddim ddim, WarmModel::Ready ready)
      : task_(&task), ddim_(std::move(ddim)), ready_(ready) {}

  [[nodiscard]] std::vector<float> Noise() const;
  [[nodiscard]] Latents NoiseOnly(std::size_t frame_count) const;

  const v1::Task* task_;
  models::Ddim ddim_;
  WarmModel::Ready ready_;
  std::uint32_t first_step_ = 0;
};

// Latents of `range` from the outputs of the chunks it lies in.
Result<Latents> FetchRange(const v1::Task& task,
                           const ChunkOutput& output,
                           FrameRange range,
                           BlobStore& blobs);

// The numbers begin .. end-1.
std::vector<std::uint32_t> FrameNumbers(FrameRange range);

}  // namespace weft::worker
