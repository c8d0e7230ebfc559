// A pan whose motion is known, for the tests of worker/eval.

#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "worker/frame/frame.h"

namespace weft::eval {

// A smooth, never repeating pattern on an endless plane, seen from (left, top).
inline Frame PanFrame(int width, int height, double left, double top) {
  Frame frame{width, height, {}};
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const double u = x + left;
      const double v = y + top;
      const double wave = std::sin(u * 0.31 + v * 0.07) + std::sin(v * 0.23 - u * 0.043) +
                          std::sin(u * 0.11 + v * 0.13);
      const auto level = static_cast<std::uint8_t>(std::lround(128 + 40 * wave));
      frame.rgb.insert(frame.rgb.end(), {level, level, static_cast<std::uint8_t>(255 - level)});
    }
  }
  return frame;
}

inline Frame Brighter(Frame frame, int levels) {
  for (std::uint8_t& value : frame.rgb) {
    value = static_cast<std::uint8_t>(std::min(255, std::max(0, value + levels)));
  }
  return frame;
}

}  // namespace weft::eval
