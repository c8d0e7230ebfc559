#include "worker/deflicker/padded_image.h"

#include <algorithm>
#include <cassert>

namespace weft::deflicker {

PaddedImage::PaddedImage(int width, int height, int padding)
    : width_(width),
      height_(height),
      padding_(padding),
      stride_((width + 2 * padding) * std::ptrdiff_t{kChannels}),
      values_(static_cast<std::size_t>(stride_ * (height + 2 * padding)) + kReadAhead) {
  assert(width > 0 && height > 0 && padding >= 0);
}

PaddedImage::PaddedImage(const Frame& frame, int padding)
    : PaddedImage(frame.width, frame.height, padding) {
  const std::uint8_t* row = frame.rgb.data();
  for (int y = 0; y < height_; ++y, row += RowLength()) {
    std::copy(row, row + RowLength(), At(0, y));
  }
  FillMargin();
}

void PaddedImage::FillMargin() {
  for (int y = 0; y < height_; ++y) {
    for (int x = 1; x <= padding_; ++x) {
      std::copy_n(At(0, y), kChannels, At(-x, y));
      std::copy_n(At(width_ - 1, y), kChannels, At(width_ - 1 + x, y));
    }
  }
  for (int y = 1; y <= padding_; ++y) {
    std::copy_n(At(-padding_, 0), stride_, At(-padding_, -y));
    std::copy_n(At(-padding_, height_ - 1), stride_, At(-padding_, height_ - 1 + y));
  }
}

Frame PaddedImage::ToFrame() const {
  Frame frame{width_, height_, {}};
  frame.rgb.resize(static_cast<std::size_t>(RowLength() * height_));
  std::uint8_t* row = frame.rgb.data();
  for (int y = 0; y < height_; ++y, row += RowLength()) {
    std::transform(At(0, y), At(0, y) + RowLength(), row,
                   [](std::int16_t value) { return static_cast<std::uint8_t>(value); });
  }
  return frame;
}

namespace {

// Of the 2x2 pixels from (x, y) on, as far as they lie in the image.
void WriteMeanOfFour(const PaddedImage& image, int x, int y, std::int16_t* pixel) {
  const int right = std::min(x + 1, image.Width() - 1);
  const int below = std::min(y + 1, image.Height() - 1);
  const std::int16_t* const corners[] = {image.At(x, y), image.At(right, y), image.At(x, below),
                                         image.At(right, below)};
  for (int channel = 0; channel < PaddedImage::kChannels; ++channel) {
    const int sum =
        corners[0][channel] + corners[1][channel] + corners[2][channel] + corners[3][channel];
    pixel[channel] = static_cast<std::int16_t>((sum + 2) / 4);
  }
}

}  // namespace

PaddedImage Halved(const PaddedImage& image) {
  PaddedImage half((image.Width() + 1) / 2, (image.Height() + 1) / 2, image.Padding());
  for (int y = 0; y < half.Height(); ++y) {
    for (int x = 0; x < half.Width(); ++x) {
      WriteMeanOfFour(image, 2 * x, 2 * y, half.At(x, y));
    }
  }
  half.FillMargin();
  return half;
}

}  // namespace weft::deflicker
