// A nearest-neighbour field: for every pixel of a target the pixel of a source that looks like it.

#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace weft::deflicker {

// A pixel of the source.
struct Position {
  std::int16_t x = 0;
  std::int16_t y = 0;

  friend bool operator==(Position a, Position b) { return a.x == b.x && a.y == b.y; }
  friend bool operator!=(Position a, Position b) { return !(a == b); }
};

// REQUIRES: both fit in 16 bits.
inline Position PositionAt(int x, int y) {
  return {static_cast<std::int16_t>(x), static_cast<std::int16_t>(y)};
}

class Field {
 public:
  // Every pixel matches the one at its own place.
  // REQUIRES: 0 < width, height <= 32767.
  Field(int width, int height);

  [[nodiscard]] int Width() const { return width_; }
  [[nodiscard]] int Height() const { return height_; }

  // REQUIRES: 0 <= x < width, 0 <= y < height.
  [[nodiscard]] Position At(int x, int y) const { return positions_[Index(x, y)]; }
  void Set(int x, int y, Position position) { positions_[Index(x, y)] = position; }

  // The same matches for pictures of twice the size, or one less where the side is odd.
  [[nodiscard]] Field Enlarged(int width, int height) const;

 private:
  [[nodiscard]] std::size_t Index(int x, int y) const {
    return static_cast<std::size_t>(y) * static_cast<std::size_t>(width_) +
           static_cast<std::size_t>(x);
  }

  int width_;
  int height_;
  std::vector<Position> positions_;
};

}  // namespace weft::deflicker
