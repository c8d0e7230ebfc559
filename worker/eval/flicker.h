// How much a rendered video flickers, measured along the motion of its source.

#pragma once

#include <cstdint>
#include <optional>

#include "worker/frame/frame.h"

namespace weft::eval {

// Means over all pairs of neighbouring frames within a scene.
struct FlickerFigures {
  std::uint32_t pairs = 0;
  // Mean absolute difference between frame t and frame t-1 moved along the guide's motion, in 8-bit
  // levels, over the pixels whose motion is certain (it leads back to where it came from).
  double warped_difference = 0;
  // Mean absolute difference between frames t and t-1 as they are, in 8-bit levels.
  double plain_difference = 0;
  // Mean gradient magnitude of the luma in levels per pixel: what blur takes away.
  double sharpness = 0;
};

// Feed one pair after another, in order; memory stays at two frames. One thread.
//
// Motion is the guide's backward optical flow (OpenCV's DIS, preset medium), so a rendering that
// moves as its source does and does not flicker gets 0.
class FlickerMeter {
 public:
  // guide and rendered: of one size, the same in every call.
  // scene_start: this frame begins a scene and is not compared with the one before.
  void Add(const Frame& guide, const Frame& rendered, bool scene_start);

  [[nodiscard]] FlickerFigures figures() const;

 private:
  struct Pair {
    Frame guide;
    Frame rendered;
  };

  std::optional<Pair> before_;
  std::uint32_t frames_ = 0;
  std::uint32_t pairs_ = 0;
  double warped_sum_ = 0;
  double plain_sum_ = 0;
  double sharpness_sum_ = 0;
};

}  // namespace weft::eval
