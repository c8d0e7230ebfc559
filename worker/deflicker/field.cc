#include "worker/deflicker/field.h"

#include <algorithm>
#include <cassert>
#include <limits>

namespace weft::deflicker {

Field::Field(int width, int height) : width_(width), height_(height) {
  assert(0 < width && width <= std::numeric_limits<std::int16_t>::max());
  assert(0 < height && height <= std::numeric_limits<std::int16_t>::max());
  positions_.resize(static_cast<std::size_t>(width) * static_cast<std::size_t>(height));
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      Set(x, y, PositionAt(x, y));
    }
  }
}

Field Field::Enlarged(int width, int height) const {
  assert((width + 1) / 2 == width_ && (height + 1) / 2 == height_);
  Field enlarged(width, height);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const Position coarse = At(x / 2, y / 2);
      enlarged.Set(x, y,
                   PositionAt(std::min(2 * coarse.x + x % 2, width - 1),
                              std::min(2 * coarse.y + y % 2, height - 1)));
    }
  }
  return enlarged;
}

}  // namespace weft::deflicker
