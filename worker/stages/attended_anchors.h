// The anchors that the frames of a denoise task attend to: the job's own or another job's.

#pragma once

#include <cstdint>
#include <vector>

#include "common/result.h"
#include "weft/v1/task.pb.h"
#include "worker/frame/latents.h"
#include "worker/models/diffusion_model.h"
#include "worker/stages/denoising.h"
#include "worker/stages/look_texture.h"
#include "worker/stages/stage.h"

namespace weft::worker {

struct Anchors {
  std::vector<std::uint32_t> frames;
  std::vector<Latents> before_step;     // Per anchor: x, [steps that run, channels, height, width].
  models::StepInput input;              // Its `noisy` is set step by step.
  std::vector<ChannelTexture> texture;  // Of another job's, by channel; else none.
};

// kDataLoss: of another number of steps than the job's.  kInternal: the task lacks one.
Result<Anchors> FetchAnchors(const v1::Task& task,
                             const Denoising& denoising,
                             StageContext& context);

// Indices into `anchors`, which are frames' numbers, for every frame of the task's core.
std::vector<std::vector<int>> Attends(const v1::Task& task,
                                      const std::vector<std::uint32_t>& anchors);

}  // namespace weft::worker
