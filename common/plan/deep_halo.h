// Deep halos: what a run of frames must read, and compute beside itself, to take several steps of
// joint attention without asking its neighbours in between. Frames at its edges attend to frames
// outside, those to others further out; so at every step fewer of them come out right, until those
// of the run itself are left.

#pragma once

#include <cstdint>
#include <vector>

#include "common/plan/frame_attention.h"

namespace weft {

struct DeepHalo {
  std::vector<int> read;  // Frames whose latents must be at hand at the beginning; ascending.
  std::vector<std::vector<int>> computed;  // Those that each step brings; ascending. Last: the run.
  double passes = 0;  // Frames that pass through the model, over all steps: some more than once.
  // Other frames that those attend to, added up likewise.
  double attended = 0;
};

// REQUIRES: a checked attention, kPattern or kWindow; `run` ascending, within 0 .. total - 1.
// steps: 0 reads the run alone.
DeepHalo DeepHaloOf(const FrameAttention& attention,
                    const std::vector<int>& run,
                    int total,
                    std::uint32_t steps);

}  // namespace weft
