#include "worker/frame/geometry.h"

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace weft {
namespace {

constexpr std::size_t kChannels = 3;

// Where position `at` of an endless reflection of `size` pixels comes from.
std::size_t Reflected(std::size_t at, std::size_t size) {
  if (size == 1) {
    return 0;
  }
  const std::size_t period = 2 * (size - 1);
  const std::size_t within = at % period;
  return std::min(within, period - within);
}

}  // namespace

Frame PadByReflection(const Frame& frame, int width, int height) {
  assert(frame.width > 0 && frame.height > 0);
  assert(width >= frame.width && height >= frame.height);
  const auto source_width = static_cast<std::size_t>(frame.width);
  const auto columns = static_cast<std::size_t>(width);
  const auto rows = static_cast<std::size_t>(height);
  Frame padded{width, height, std::vector<std::uint8_t>(columns * rows * kChannels)};
  for (std::size_t y = 0; y < rows; ++y) {
    const std::size_t source_y = Reflected(y, static_cast<std::size_t>(frame.height));
    const std::uint8_t* from = frame.rgb.data() + source_y * source_width * kChannels;
    std::uint8_t* to = padded.rgb.data() + y * columns * kChannels;
    for (std::size_t x = 0; x < columns; ++x) {
      std::copy_n(from + Reflected(x, source_width) * kChannels, kChannels, to + x * kChannels);
    }
  }
  return padded;
}

Frame Crop(const Frame& frame, int width, int height) {
  assert(width > 0 && width <= frame.width);
  assert(height > 0 && height <= frame.height);
  const std::size_t row_bytes = static_cast<std::size_t>(width) * kChannels;
  const std::size_t stride = static_cast<std::size_t>(frame.width) * kChannels;
  Frame cropped{width, height, {}};
  cropped.rgb.reserve(row_bytes * static_cast<std::size_t>(height));
  for (std::size_t y = 0; y < static_cast<std::size_t>(height); ++y) {
    const std::uint8_t* row = frame.rgb.data() + y * stride;
    cropped.rgb.insert(cropped.rgb.end(), row, row + row_bytes);
  }
  return cropped;
}

}  // namespace weft
