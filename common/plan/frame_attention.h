// Which frames of a clip attend to one another, by absolute frame number: so that any cut of the
// clip into runs gives the same frames.

#pragma once

#include <vector>

#include "common/result.h"

namespace weft {

// An offset that clamps to the clip's first frame wherever it is counted from.
constexpr int kFirstFrame = -1'000'000'000;

struct FrameAttention {
  enum class Kind {
    // Keys and values of frame 0 in the place of the own (Text2Video-Zero, arXiv 2303.13439).
    kFirst,
    // Of frame 0 and of the frame before (frame 0: its own), in the place of the own.
    kFirstAndPrevious,
    // A frame and those at `pattern`'s offsets from it (clamped to the clip, so that some may come
    // twice) attend jointly; only its own output is kept (DiffSynth, arXiv 2308.03463).
    kPattern,
    // All frames of a window attend jointly. Windows begin at 0, stride, 2 * stride, … until one
    // ends with the clip; outputs of a frame in several are blended (Diffutoon, arXiv 2401.16224).
    kWindow,
  };

  Kind kind = Kind::kFirst;
  std::vector<int> pattern;  // kPattern: offsets, among them 0.
  int window = 8;            // kWindow: frames, at least 1.
  int stride = 4;            // kWindow: 1 .. window.
};

// Frames that attend jointly in one pass.
struct FrameGroup {
  std::vector<int> frames;     // By number; one may come twice.
  std::vector<float> weights;  // Of their outputs in a frame's mean over groups; 0: not kept.
};

// kInvalidArgument: names the field out of its range.
Status CheckFrameAttention(const FrameAttention& attention);

// The groups to compute for `wanted`: one for each, or the windows that hold any, ascending.
// A window's weights are a triangle's (Diffutoon eq. 5), at least 0.01.
// REQUIRES: a checked attention, kPattern or kWindow; `wanted` ascending, within 0 .. total - 1.
std::vector<FrameGroup> Groups(const FrameAttention& attention,
                               const std::vector<int>& wanted,
                               int total);

// Where the windows begin that hold any of the frames first .. last; ascending. Between them they
// hold all of these. REQUIRES: a checked attention, kWindow; 0 <= first <= last < total.
std::vector<int> WindowsOf(const FrameAttention& attention, int first, int last, int total);

// The frames, ascending, that must be at hand for exact outputs of `wanted`:
//   kFirst: frame 0 and the wanted ones;
//   kFirstAndPrevious: also the `depth` frames before each: every one of the UNet's `depth`
//     self-attention layers lets a frame see one frame further back;
//   kPattern, kWindow: all frames of their groups.
std::vector<int> FramesNeeded(const FrameAttention& attention,
                              const std::vector<int>& wanted,
                              int total,
                              int depth);

}  // namespace weft
