// A whole clip from a few stylized key frames and the clean clip: FastBlend's interpolation (arXiv
// 2311.09265) and, where there is but one key frame, its propagation.
//
// A frame is what the key frames before and after it in its shot look like from its place, each
// counted by its nearness. The guides say where things are; where they leave a choice, both matches
// take the one with which they show the same style (the paper's pairwise loss), and a match that is
// alone the one that agrees with itself. What the frames beside it matched is tried too. Before the
// first and after the last key frame of a shot there is one only. Key frames stay as they are.
//
// A frame depends on the guides of its window and on those key frames alone.

#pragma once

#include <cstdint>
#include <vector>

#include "common/plan/frames.h"
#include "common/result.h"
#include "worker/deflicker/deflicker.h"

namespace weft::deflicker {

struct InterpolationOptions {
  std::uint32_t window = 1;  // Frames on each side whose matches are tried.
  int patch_size = 15;       // Odd, 3 .. 15.
  int guide_weight = 10;     // Of the guide's error against the style's.
  std::uint64_t seed = 0;
};

// ok, or kInvalidArgument with what is wrong with the options or with frames of this size.
Status CheckInterpolation(int width, int height, const InterpolationOptions& options);

// Hands over the frames of `core`. Reads the guides of the windows ascending, each once, and, of
// the key frames that core needs, guide and style.
//
// clip: has guides; its style is asked for key frames only.
//
// kInvalidArgument: no such frames; sizes differ; as CheckInterpolation(), CheckKeyFrames(). Errors
// of `clip` and `take`.
Status Interpolate(const ClipFrames& clip,
                   const std::vector<std::uint32_t>& key_frames,
                   FrameRange core,
                   const InterpolationOptions& options,
                   const TakeFrame& take);

}  // namespace weft::deflicker
