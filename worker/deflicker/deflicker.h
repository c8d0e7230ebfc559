// Removes flicker: every frame becomes a mean of what its neighbours look like from its place,
// which PatchMatch finds out.
//
// The search is in integers and its random numbers come from a counter-based generator keyed by
// what is matched; floats are added in a fixed order. So a frame's result depends on the frames of
// its window alone: not on threads, on the chunk it was computed in, or on the processor.

#pragma once

#include <cstdint>
#include <vector>

#include "common/plan/frames.h"
#include "common/result.h"
#include "worker/frame/frame.h"

namespace weft::deflicker {

enum class Mode {
  kBalanced,  // The plain mean of remapped frames, as FastBlend's balanced mode (arXiv 2311.09265).
  kFast,      // Means of many frames are shared: worker/deflicker/fast.h.
  kRobust,    // Weighted and registered to parts of a pixel: worker/deflicker/robust.h.
};

struct DeflickerOptions {
  Mode mode = Mode::kBalanced;
  std::uint32_t window = 4;  // Neighbours on each side.
  // Of the balanced and, the patch alone, of the fast mode; the robust mode knows its own.
  int patch_size_min = 5;  // Odd. The last and finest patch; earlier iterations use larger ones.
  int iterations = 3;      // Per pyramid level; iteration i of n uses patch_size_min + 2 (n-1-i).
  int guide_weight = 10;   // Of the guide's error against the style's.
  std::uint64_t seed = 0;
};

// Consecutive frames of a job.
struct FrameRun {
  std::uint32_t first = 0;  // Number of frames[0], from the job's first frame.
  const std::vector<Frame>* frames = nullptr;
};

// ok, or kInvalidArgument with what is wrong with the options or with frames of this size.
Status CheckDeflicker(int width, int height, const DeflickerOptions& options);

// The frames of `core`, smoothed over the frames of their windows.
//
// guides:       the source video's frames; frames == nullptr: there are none, and the rendered
//               frames guide themselves, their brightness and contrast normalized locally.
// stylized:     the rendered frames, for the same numbers and of the same size.
// core:         frames to return; guides and stylized hold every frame of their windows.
// scene_starts: ascending, first 0; windows never cross a cut.
// frame_count:  of the whole job.
//
// kInvalidArgument: runs do not match, or do not hold a window; as CheckDeflicker().
Result<std::vector<Frame>> Smooth(const FrameRun& guides,
                                  const FrameRun& stylized,
                                  FrameRange core,
                                  const std::vector<std::uint32_t>& scene_starts,
                                  std::uint32_t frame_count,
                                  const DeflickerOptions& options);

}  // namespace weft::deflicker
