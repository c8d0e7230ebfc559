// Removes flicker by remapping neighbouring frames onto each frame with PatchMatch and averaging:
// FastBlend (arXiv 2311.09265), balanced mode.
//
// The search is in integers and its random numbers come from a counter-based generator keyed by
// what is matched, so a frame's result depends on the frames of its window alone: not on threads,
// on the chunk it was computed in, or on the machine.

#pragma once

#include <cstdint>
#include <vector>

#include "common/plan/frames.h"
#include "common/result.h"
#include "worker/frame/frame.h"

namespace weft::deflicker {

struct DeflickerOptions {
  std::uint32_t window = 4;  // Neighbours on each side.
  int patch_size_min = 5;    // Odd. The last and finest patch; earlier iterations use larger ones.
  int iterations = 3;        // Per pyramid level; iteration i of n uses patch_size_min + 2 (n-1-i).
  int guide_weight = 10;     // Of the guide's error against the style's.
  std::uint64_t seed = 0;
};

// Consecutive frames of a job.
struct FrameRun {
  std::uint32_t first = 0;  // Number of frames[0], from the job's first frame.
  const std::vector<Frame>* frames = nullptr;
};

// The frames of `core`, each the mean of itself and of the frames in its window remapped onto it.
//
// guides:       the source video's frames.
// stylized:     the rendered frames, for the same numbers and of the same size.
// core:         frames to return; guides and stylized hold every frame of their windows.
// scene_starts: ascending, first 0; windows never cross a cut.
// frame_count:  of the whole job.
//
// kInvalidArgument: runs do not match, or do not hold a window; options out of their ranges, which
// worker/deflicker/patch_match.h names.
Result<std::vector<Frame>> SmoothBalanced(const FrameRun& guides,
                                          const FrameRun& stylized,
                                          FrameRange core,
                                          const std::vector<std::uint32_t>& scene_starts,
                                          std::uint32_t frame_count,
                                          const DeflickerOptions& options);

}  // namespace weft::deflicker
