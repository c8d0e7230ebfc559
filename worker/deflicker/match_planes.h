// A picture as the tile search reads it: a row of each channel in turn, with a margin wide enough
// that a whole tile may be laid over any edge.

#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "worker/frame/frame.h"

namespace weft::deflicker {

// Pixels of a tile's rows and columns as the search and the vote compute them; of the columns,
// those that a patch needs beyond the tile's own are included.
inline constexpr int kTileRows = 16;
inline constexpr int kTileColumns = 64;

// Value: std::int16_t for 0..255, as searched and voted; std::uint16_t for 0..65535.
template <typename Value>
class PicturePlanes {
 public:
  static constexpr int kChannels = 3;
  static constexpr int kMarginColumns = kTileColumns + 32;
  static constexpr int kMarginRows = kTileRows + 16;

  PicturePlanes() = default;

  // All zero. REQUIRES: width > 0, height > 0.
  PicturePlanes(int width, int height);

  // A copy of the frame: R, G, B. REQUIRES: for 0..65535 it has these.
  explicit PicturePlanes(const Frame& frame);

  [[nodiscard]] int Width() const { return width_; }
  [[nodiscard]] int Height() const { return height_; }
  [[nodiscard]] std::ptrdiff_t Stride() const { return kChannels * pitch_; }  // From row to row.
  [[nodiscard]] std::ptrdiff_t ChannelStride() const { return pitch_; }  // From channel to channel.

  // REQUIRES: -kMarginColumns <= x < width + kMarginColumns, and y alike.
  [[nodiscard]] const Value* At(int channel, int x, int y) const {
    return values_.data() + Place(channel, x, y);
  }
  [[nodiscard]] Value* At(int channel, int x, int y) {
    return values_.data() + Place(channel, x, y);
  }

  // Repeats the edge pixels in the margin; call after writing pixels.
  void FillMargin();

  // Of 0..65535, with both depths.
  [[nodiscard]] Frame ToFrame() const;

 private:
  [[nodiscard]] std::ptrdiff_t Place(int channel, int x, int y) const {
    return ((y + kMarginRows) * kChannels + channel) * pitch_ + x + kMarginColumns;
  }

  int width_ = 0;
  int height_ = 0;
  std::ptrdiff_t pitch_ = 0;
  std::vector<Value> values_;  // [rows, kChannels, columns], margins included.
};

extern template class PicturePlanes<std::int16_t>;
extern template class PicturePlanes<std::uint16_t>;

using MatchPlanes = PicturePlanes<std::int16_t>;
using DeepPlanes = PicturePlanes<std::uint16_t>;

// Half the size, rounded up: every pixel is the mean, rounded to nearest, of the 2x2 pixels it
// covers, where a missing last column or row repeats the one before it.
MatchPlanes Halved(const MatchPlanes& planes);

// The frame and its halvings, full size first, down to where the shorter side would fall below
// `side_min`; at least the frame itself.
std::vector<MatchPlanes> MatchPyramid(const Frame& frame, int side_min);

}  // namespace weft::deflicker
