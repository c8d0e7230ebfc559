// Decoded frames between tasks: each is decoded by the chunk that it belongs to, and those that
// other chunks read as well are stored (common/plan/lending.h).

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/result.h"
#include "weft/v1/task.pb.h"
#include "worker/frame/frame.h"
#include "worker/frame/latents.h"
#include "worker/models/diffusion_model.h"
#include "worker/stages/blobs.h"
#include "worker/stages/stage.h"

namespace weft::worker {

// Stores one picture as an output of the task.
Status StorePicture(const v1::Task& task,
                    const std::string& name,
                    const Frame& picture,
                    BlobStore& blobs,
                    v1::TaskResult* result);

// One that was stored. kDataLoss: it is of another size.
Result<Frame> FetchPicture(const v1::Task& task,
                           const BlobName& name,
                           const v1::Size& size,
                           BlobStore& blobs);

// Decodes and stores those of the core's frames that other chunks smooth with; none where chunks
// exchange nothing. latents: of the core.  Frames have the size that the model renders.
Status StoreLentPictures(const v1::Task& task,
                         const Latents& latents,
                         models::DiffusionModel& model,
                         StageContext& context,
                         v1::TaskResult* result);

// The frames of the task's halo, which the round brought: decoded here where only this chunk reads
// them, else as they were stored. latents: of the core.
// kDataLoss: a stored picture is of another size.
Result<std::vector<Frame>> HaloPictures(const v1::Task& task,
                                        std::uint32_t round,
                                        const Latents& latents,
                                        models::DiffusionModel& model,
                                        StageContext& context);

}  // namespace weft::worker
