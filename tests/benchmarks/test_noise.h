// Pictures in which every patch is to be found once, for the tests of what measures.

#pragma once

#include <cstdint>

#include "worker/frame/frame.h"

namespace weft::bench {

// A view of an endless plane of noise, from (left, top).
inline Frame NoiseFrame(int width, int height, int left, int top) {
  Frame frame{width, height, {}};
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      for (std::uint32_t channel = 0; channel < 3; ++channel) {
        std::uint32_t bits = static_cast<std::uint32_t>(x + left) * 0x9e3779b1U ^
                             static_cast<std::uint32_t>(y + top) * 0x85ebca77U ^
                             channel * 0xc2b2ae3dU;
        bits = (bits ^ bits >> 15) * 0x2c1b3c6dU;
        bits = (bits ^ bits >> 12) * 0x297a2d39U;
        frame.rgb.push_back(static_cast<std::uint8_t>(bits >> 24));
      }
    }
  }
  return frame;
}

}  // namespace weft::bench
