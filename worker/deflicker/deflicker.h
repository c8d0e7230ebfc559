// Removes flicker: every frame becomes a mean of what its neighbours look like from its place,
// which PatchMatch finds out.
//
// The search is in integers and its random numbers come from a counter-based generator keyed by
// what is matched; floats are added in a fixed order. So a frame's result depends on the frames of
// its window alone: not on threads, on the chunk it was computed in, or on the processor.

#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "common/plan/frames.h"
#include "common/result.h"
#include "worker/frame/frame.h"

namespace weft::deflicker {

enum class Mode {
  kBalanced,  // Plain means, as FastBlend's modes: worker/deflicker/balanced.h.
  kAccurate,  // The same.
  kFast,      // Means of many frames are shared: worker/deflicker/fast.h.
  kRobust,    // Weighted and registered to parts of a pixel: worker/deflicker/robust.h.
};

// The robust mode has patches and weights of its own.
struct DeflickerOptions {
  Mode mode = Mode::kBalanced;
  std::uint32_t window = 4;  // Neighbours on each side.
  int patch_size = 5;        // Odd.
  int guide_weight = 10;     // Of the guide's error against the style's; fast: guides alone count.
  std::uint64_t seed = 0;
};

// A frame by its number, from the job's first frame. Where styles have a high bit depth
// (Frame::deep), so have the smoothed frames; they are matched as 8 bits.
using ReadFrame = std::function<Result<Frame>(std::uint32_t number)>;

// Gets the smoothed frames in order. An error ends the work.
using TakeFrame = std::function<Status(Frame frame)>;

struct ClipFrames {
  ReadFrame guide;  // The source video's frames; empty: there are none, and the rendered frames
                    // guide themselves, their brightness and contrast normalized locally.
  ReadFrame style;  // The rendered frames, for the same numbers and of the same size.
  std::vector<std::uint32_t> scene_starts;  // Ascending, first 0; windows never cross a cut.
  std::uint32_t frame_count = 0;            // Of the whole job.
};

// ok, or kInvalidArgument with what is wrong with the options or with frames of this size.
Status CheckDeflicker(int width, int height, const DeflickerOptions& options);

// Hands over the frames of `core`, each smoothed over its window. Reads every frame of the windows
// once, ascending, and holds those of one window.
//
// kInvalidArgument: no such frames; sizes differ; as CheckDeflicker(). Errors of `clip` and `take`.
Status SmoothFrames(const ClipFrames& clip,
                    FrameRange core,
                    const DeflickerOptions& options,
                    const TakeFrame& take);

// Consecutive frames of a job.
struct FrameRun {
  std::uint32_t first = 0;  // Number of frames[0], from the job's first frame.
  const std::vector<Frame>* frames = nullptr;
};

// The same for frames that are at hand.
//
// guides:       frames == nullptr: there are none.
// core:         frames to return; guides and stylized hold every frame of their windows.
// scene_starts, frame_count: as ClipFrames'.
//
// kInvalidArgument: runs do not match, or do not hold a window; as CheckDeflicker().
Result<std::vector<Frame>> Smooth(const FrameRun& guides,
                                  const FrameRun& stylized,
                                  FrameRange core,
                                  const std::vector<std::uint32_t>& scene_starts,
                                  std::uint32_t frame_count,
                                  const DeflickerOptions& options);

}  // namespace weft::deflicker
