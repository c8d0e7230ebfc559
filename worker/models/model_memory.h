// How much memory a model takes, from its configuration and its files' headers alone, and how many
// frames of one forward pass a budget has room for.
//
// An estimate: what is alive at the widest place of each network, with room for what libraries take
// beside it. Where it was too low, the model halves its micro-batch when memory runs out.
//
// Against peaks of `weft-bench unet|vae --sd15-random --size 512x512`, less weights and the 0.18 GB
// of a process that has loaded LibTorch; on CPUs, no GPU was measured:
//
//                                                         measured      estimated
//   unet, float32, batch 2 (one frame), AVX-512, 2 threads  0.60 GB       0.63 GB
//   the same, batch 1 (half a frame), AVX2, 1 thread        0.20 GB       0.32 GB
//   unet, bfloat16, batch 2, AVX-512, 2 threads             0.31 GB       0.32 GB
//   vae, float32, batch 1, AVX-512, 2 threads               1.13 GB       1.61 GB
//   the same in bfloat16                                    1.48 GB       1.61 GB

#pragma once

#include <cstdint>

#include "common/result.h"
#include "worker/models/diffusion_model.h"
#include "worker/models/model_config.h"

namespace weft::models {

// Bytes.
struct ModelMemory {
  std::uint64_t weights = 0;      // Of all networks, as they are kept to compute with.
  std::uint64_t autoencoder = 0;  // Beside them while one picture is decoded, the dearer direction.
  std::uint64_t frame = 0;        // Each frame of a forward pass: both sides of the guidance.
  std::uint64_t anchor = 0;       // Keys and values of one anchor.
};

// More is left to those who ask for it: both sides of 8 frames fill a GPU, and a batch that a chunk
// does not fill is padded.
constexpr int kMicroBatchMax = 8;

// width, height: pixels, multiples of the VAE factor. Errors as ReadModelConfigs() and
// PartTensors::Open().
Result<ModelMemory> EstimateMemory(const ModelOptions& options, int width, int height);

// The largest power of two, at most kMicroBatchMax, with which a step of frames that attend to
// `anchors` anchors fits into `budget` bytes; at least 1, which may be too much all the same.
int LargestMicroBatch(const ModelMemory& memory, int anchors, std::uint64_t budget);

// For keys and values of anchors that are kept for later tasks: half of what steps as above leave
// of the budget, as all of it is an estimate.
std::uint64_t RoomForAnchors(const ModelMemory& memory,
                             int anchors,
                             int micro_batch,
                             std::uint64_t budget);

}  // namespace weft::models
