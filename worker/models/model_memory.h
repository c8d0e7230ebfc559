// How much memory a model takes, from its configuration and its files' headers alone, and how many
// frames of one forward pass a budget has room for.
//
// An estimate: what is alive at the widest place of each network, with room for what libraries take
// beside it. Where it was too low, the model halves its micro-batch when memory runs out.

#pragma once

#include <cstdint>

#include "common/result.h"
#include "worker/models/diffusion_model.h"
#include "worker/models/model_config.h"

namespace weft::models {

// Bytes.
struct ModelMemory {
  std::uint64_t weights = 0;      // Of all networks, in the type they compute in.
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

}  // namespace weft::models
