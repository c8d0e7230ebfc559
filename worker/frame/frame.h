// A picture in memory: RGB, interleaved, row by row from the top, no padding between rows. 8 bits a
// channel, and 16 besides where a job keeps its clip's high bit depth.

#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

namespace weft {

struct Frame {
  int width = 0;                  // Pixels.
  int height = 0;                 // Pixels.
  std::vector<std::uint8_t> rgb;  // [height, width, 3], 0..255, R first, sRGB as in the source.
  // Empty, or the same picture, [height, width, 3], 0..65535: rgb is RoundedTo8Bits() of it.
  std::vector<std::uint16_t> deep = {};

  friend bool operator==(const Frame& a, const Frame& b) {
    return a.width == b.width && a.height == b.height && a.rgb == b.rgb && a.deep == b.deep;
  }
  friend bool operator!=(const Frame& a, const Frame& b) { return !(a == b); }
};

// From 0..65535 to 0..255, to nearest: 65535 = 255 * 257.
inline std::uint8_t RoundedTo8Bits(std::uint16_t value) {
  return static_cast<std::uint8_t>((value + 128U) / 257U);
}

// frame->rgb of frame->deep.
inline void RoundTo8Bits(Frame* frame) {
  frame->rgb.resize(frame->deep.size());
  std::transform(frame->deep.begin(), frame->deep.end(), frame->rgb.begin(), RoundedTo8Bits);
}

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
