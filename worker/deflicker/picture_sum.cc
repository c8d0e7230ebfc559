#include "worker/deflicker/picture_sum.h"

#include <cassert>
#include <cstddef>

namespace weft::deflicker {

PictureSum::PictureSum(const MatchPlanes& like)
    : width_(like.Width()),
      height_(like.Height()),
      sums_(static_cast<std::size_t>(width_) * static_cast<std::size_t>(height_) *
            MatchPlanes::kChannels) {}

void PictureSum::Add(const MatchPlanes& picture, std::int32_t times) {
  std::int32_t* sum = sums_.data();
  for (int channel = 0; channel < MatchPlanes::kChannels; ++channel) {
    for (int y = 0; y < height_; ++y) {
      const std::int16_t* const row = picture.At(channel, 0, y);
      for (int x = 0; x < width_; ++x) {
        sum[x] += times * row[x];
      }
      sum += width_;
    }
  }
  count_ += times;
}

MatchPlanes PictureSum::Mean() const {
  assert(count_ > 0);
  MatchPlanes mean(width_, height_);
  const std::int32_t* sum = sums_.data();
  for (int channel = 0; channel < MatchPlanes::kChannels; ++channel) {
    for (int y = 0; y < height_; ++y) {
      std::int16_t* const row = mean.At(channel, 0, y);
      for (int x = 0; x < width_; ++x) {
        row[x] = static_cast<std::int16_t>((2 * sum[x] + count_) / (2 * count_));
      }
      sum += width_;
    }
  }
  mean.FillMargin();
  return mean;
}

}  // namespace weft::deflicker
