// A picture in memory: 8-bit RGB, interleaved, row by row from the top, no padding between rows.

#pragma once

#include <cstdint>
#include <vector>

namespace weft {

struct Frame {
  int width = 0;                  // Pixels.
  int height = 0;                 // Pixels.
  std::vector<std::uint8_t> rgb;  // [height, width, 3], 0..255, R first, sRGB as in the source.

  friend bool operator==(const Frame& a, const Frame& b) {
    return a.width == b.width && a.height == b.height && a.rgb == b.rgb;
  }
  friend bool operator!=(const Frame& a, const Frame& b) { return !(a == b); }
};

// A control map of one frame, such as soft edges: 0..255 for 0..1.
struct ControlMap {
  int width = 0;
  int height = 0;
  int channels = 1;                  // 1, or 3 for RGB.
  std::vector<std::uint8_t> values;  // [height, width, channels]

  friend bool operator==(const ControlMap& a, const ControlMap& b) {
    return a.width == b.width && a.height == b.height && a.channels == b.channels &&
           a.values == b.values;
  }
};

}  // namespace weft
