// A picture with a margin that repeats its edge pixels, so that patches may reach over the edge.
// Its values, 0..255, have 16 bits, which is what differences and sums of a few of them need.

#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "worker/frame/frame.h"

namespace weft::deflicker {

class PaddedImage {
 public:
  static constexpr int kChannels = 3;
  static constexpr std::size_t kReadAhead = 64;

  PaddedImage() = default;

  // All zero. REQUIRES: width > 0, height > 0, padding >= 0.
  PaddedImage(int width, int height, int padding);

  // A copy of the frame.
  PaddedImage(const Frame& frame, int padding);

  [[nodiscard]] int Width() const { return width_; }
  [[nodiscard]] int Height() const { return height_; }
  [[nodiscard]] int Padding() const { return padding_; }
  [[nodiscard]] std::ptrdiff_t Stride() const { return stride_; }  // Values from row to row.

  // The pixel's three values; the rest of its row follows. kReadAhead values may be read from any
  // pixel on. REQUIRES: -padding <= x < width + padding, and y alike.
  [[nodiscard]] const std::int16_t* At(int x, int y) const { return values_.data() + Offset(x, y); }
  [[nodiscard]] std::int16_t* At(int x, int y) { return values_.data() + Offset(x, y); }

  // Copies the edge pixels into the margin; call after writing pixels.
  void FillMargin();

  [[nodiscard]] Frame ToFrame() const;

 private:
  [[nodiscard]] std::ptrdiff_t RowLength() const { return width_ * std::ptrdiff_t{kChannels}; }
  [[nodiscard]] std::ptrdiff_t Offset(int x, int y) const {
    return (y + padding_) * stride_ + (x + padding_) * std::ptrdiff_t{kChannels};
  }

  int width_ = 0;
  int height_ = 0;
  int padding_ = 0;
  std::ptrdiff_t stride_ = 0;
  std::vector<std::int16_t> values_;
};

// Half the size, rounded up: every pixel is the mean, rounded to nearest, of the 2x2 pixels it
// covers, where a missing last column or row repeats the one before it.
PaddedImage Halved(const PaddedImage& image);

}  // namespace weft::deflicker
