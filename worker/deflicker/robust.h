// What `robust` mode makes of one frame and its window: sharper and steadier than the plain mean of
// remapped frames.
//
//   1. Every frame of the window is matched (PatchMatch on tiles), the match refined to parts of a
//      pixel on the guides, and weighted by what difference of the guides is left.
//   2. The weighted mean of the remapped frames is a first picture without flicker.
//   3. Every frame is registered to that picture, for a rendering jitters where its guide does not,
//      and averaged anew. The corrections' own mean is taken out, so nothing drifts.
//
// Frames of a high bit depth are matched, weighted and registered as 8 bits, and averaged as they
// are.
//
// Weights fall linearly with the distance in time: a frame that enters the window changes little.

#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "common/plan/frames.h"
#include "worker/deflicker/float_plane.h"
#include "worker/deflicker/match_planes.h"
#include "worker/frame/frame.h"

namespace weft::deflicker {

// A frame, ready to be matched and registered. Some 25 bytes a pixel, 31 with a high bit depth.
struct RobustFrame {
  std::uint32_t number = 0;         // From the job's first frame.
  std::vector<MatchPlanes> guides;  // Pyramid of what is matched.
  MatchPlanes style;                // What is averaged.
  DeepPlanes deep_style;            // The same, where it has a high bit depth; else empty.
  FloatPlane normalized_guide;      // Lumas, locally normalized.
  FloatPlane normalized_style;
};

struct RobustOptions {
  std::uint32_t window = 12;  // Frames on each side.
  bool guided = true;         // Whether frames have guides of their own.
  std::uint64_t seed = 0;
};

// guide: the source's frame. nullptr: the rendering is matched by itself, locally normalized, since
// what flickers cannot be matched as it is.
RobustFrame PrepareRobust(std::uint32_t number, const Frame* guide, const Frame& style);

class RobustSmoother {
 public:
  explicit RobustSmoother(const RobustOptions& options) : options_(options) {}

  // The frame `target`. REQUIRES: frames hold the window and no others.
  [[nodiscard]] Frame Smoothed(const std::deque<RobustFrame>& frames,
                               std::uint32_t target,
                               FrameRange window) const;

 private:
  RobustOptions options_;
};

}  // namespace weft::deflicker
