// Pictures for the tests of worker/deflicker.

#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

#include "worker/frame/frame.h"

namespace weft::deflicker {

inline Frame PlainFrame(int width, int height, std::uint8_t level) {
  return {
      width, height,
      std::vector<std::uint8_t>(std::size_t{3} * static_cast<std::size_t>(width * height), level)};
}

// Every value drawn on its own.
inline Frame NoiseFrame(int width, int height, unsigned seed) {
  std::mt19937 random(seed);
  Frame frame = PlainFrame(width, height, 0);
  for (std::uint8_t& value : frame.rgb) {
    value = static_cast<std::uint8_t>(random() % 256);
  }
  return frame;
}

// A smooth, never repeating pattern on an endless plane, as a camera at (left, top), turned by
// `angle` around the middle of its picture, sees it.
inline Frame PatternFrame(int width, int height, double left, double top, double angle = 0) {
  Frame frame = PlainFrame(width, height, 0);
  std::size_t index = 0;
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const double from_middle_x = x - width / 2.0;
      const double from_middle_y = y - height / 2.0;
      const double u =
          left + width / 2.0 + std::cos(angle) * from_middle_x - std::sin(angle) * from_middle_y;
      const double v =
          top + height / 2.0 + std::sin(angle) * from_middle_x + std::cos(angle) * from_middle_y;
      const double waves[] = {std::sin(u * 0.31 + v * 0.07) + std::sin(v * 0.17 - u * 0.043),
                              std::sin(u * 0.05 - v * 0.29) + std::sin(u * 0.21 + 1),
                              std::sin(u * 0.11 + v * 0.13) + std::sin(v * 0.37 + 2)};
      for (const double wave : waves) {
        frame.rgb[index++] = static_cast<std::uint8_t>(std::lround(128 + 60 * wave));
      }
    }
  }
  return frame;
}

// Mean absolute difference, in 8-bit levels.
inline double MeanDifference(const Frame& a, const Frame& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.rgb.size(); ++i) {
    sum += std::abs(double{1} * a.rgb[i] - b.rgb[i]);
  }
  return sum / static_cast<double>(a.rgb.size());
}

}  // namespace weft::deflicker
