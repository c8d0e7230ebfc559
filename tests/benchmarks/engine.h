// How fast the diffusion models run, against what the machine can do at best.

#pragma once

#include <cstdint>
#include <string>

#include "common/result.h"
#include "worker/models/diffusion_model.h"

namespace weft::bench {

struct EngineOrder {
  std::string part;   // "unet", "vae", "text" or "step".
  std::string model;  // A diffusers folder; empty: Stable Diffusion 1.5's shapes, random weights.
  std::string device = "cpu";
  models::DataType data_type = models::DataType::kFloat32;
  int width = 512;  // Pixels.
  int height = 512;
  int batch = 2;    // Samples of one forward pass; of "step", frames, each with both sides.
  int threads = 0;  // Of the CPU; 0: one a core, or 1 beside a GPU.
  int repeats = 3;
  int anchors = 0;       // Of "step": of so many a frame reads keys and values beside its own.
  bool graphs = true;    // Of "step", on a GPU: passes may be launched as graphs (pass_graphs.h).
  bool compare = false;  // Also run float32 on the same weights, and say how far off this type is.
};

struct EngineFigures {
  double seconds = 0.0;  // One forward pass; the best of the repeats.
  double seconds_median = 0.0;
  double flop = 0.0;             // Of one pass: two for each multiply-add, as model_cost.h counts.
  double peak_flop_per_s = 0.0;  // A large convolution in the same type, measured beside it.
  double output_rms = 0.0;       // Root mean square of what came out.
  std::int64_t peak_memory_bytes = 0;  // Of the process, weights included.
  int threads = 1;
  double relative_error = -1.0;  // Root mean square against float32, over that of float32; -1: not
                                 // asked for.
};

// One pass warms up before the repeats.
// kInvalidArgument: no such part, or sizes that are no multiples of the VAE's factor. Errors as
// DiffusionModel::Load().
Result<EngineFigures> MeasureEngine(const EngineOrder& order);

}  // namespace weft::bench
