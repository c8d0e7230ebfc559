// A frame, ready to be matched and averaged.

#pragma once

#include <cstdint>
#include <deque>
#include <type_traits>
#include <vector>

#include "worker/deflicker/match_planes.h"
#include "worker/frame/frame.h"

namespace weft::deflicker {

struct MatchFrame {
  std::uint32_t number = 0;         // From the job's first frame.
  std::vector<MatchPlanes> guides;  // Pyramid of what is matched.
  MatchPlanes style;                // What is averaged. Empty where only the guide counts.
  DeepPlanes deep_style;            // The same, where it has a high bit depth; else empty.

  [[nodiscard]] bool IsDeep() const { return deep_style.Width() > 0; }

  // The style of that depth. REQUIRES, of 0..65535: IsDeep().
  template <typename Value>
  [[nodiscard]] const PicturePlanes<Value>& Style() const {
    if constexpr (std::is_same_v<Value, std::uint16_t>) {
      return deep_style;
    } else {
      return style;
    }
  }
};

// guide: the source's frame. nullptr: the rendering is matched by itself, locally normalized, since
// what flickers cannot be matched as it is.
MatchFrame PrepareMatch(std::uint32_t number, const Frame* guide, const Frame& style);

// Without a style.
MatchFrame PrepareGuide(std::uint32_t number, const Frame& guide);

// REQUIRES: frames are consecutive and hold that number.
inline const MatchFrame& FrameAt(const std::deque<MatchFrame>& frames, std::uint32_t number) {
  return frames[number - frames.front().number];
}

}  // namespace weft::deflicker
