#include "worker/deflicker/match_planes.h"

#include <algorithm>
#include <type_traits>

namespace weft::deflicker {

namespace {

// Where a frame holds values of that kind.
template <typename Value, typename AnyFrame>
auto& ValuesOf(AnyFrame& frame) {
  if constexpr (std::is_same_v<Value, std::uint16_t>) {
    return frame.deep;
  } else {
    return frame.rgb;
  }
}

}  // namespace

template <typename Value>
PicturePlanes<Value>::PicturePlanes(int width, int height)
    : width_(width), height_(height), pitch_(width + 2 * kMarginColumns) {
  const std::size_t rows = static_cast<std::size_t>(height) + std::size_t{2} * kMarginRows;
  values_.resize(rows * static_cast<std::size_t>(Stride()));
}

template <typename Value>
PicturePlanes<Value>::PicturePlanes(const Frame& frame) : PicturePlanes(frame.width, frame.height) {
  const auto* values = ValuesOf<Value>(frame).data();
  for (int y = 0; y < height_; ++y) {
    Value* const rows[kChannels] = {At(0, 0, y), At(1, 0, y), At(2, 0, y)};
    for (int x = 0; x < width_; ++x) {
      for (Value* const row : rows) {
        row[x] = *values++;
      }
    }
  }
  FillMargin();
}

template <typename Value>
void PicturePlanes<Value>::FillMargin() {
  for (int channel = 0; channel < kChannels; ++channel) {
    for (int y = 0; y < height_; ++y) {
      Value* const row = At(channel, 0, y);
      std::fill(row - kMarginColumns, row, row[0]);
      std::fill(row + width_, row + width_ + kMarginColumns, row[width_ - 1]);
    }
  }
  const Value* const top = At(0, -kMarginColumns, 0);
  const Value* const bottom = At(0, -kMarginColumns, height_ - 1);
  for (int y = 1; y <= kMarginRows; ++y) {
    std::copy(top, top + Stride(), At(0, -kMarginColumns, -y));
    std::copy(bottom, bottom + Stride(), At(0, -kMarginColumns, height_ - 1 + y));
  }
}

template <typename Value>
Frame PicturePlanes<Value>::ToFrame() const {
  Frame frame{width_, height_, {}};
  auto& all = ValuesOf<Value>(frame);
  all.resize(static_cast<std::size_t>(width_) * static_cast<std::size_t>(height_) * kChannels);
  auto* values = all.data();
  for (int y = 0; y < height_; ++y) {
    const Value* const rows[kChannels] = {At(0, 0, y), At(1, 0, y), At(2, 0, y)};
    for (int x = 0; x < width_; ++x) {
      for (const Value* const row : rows) {
        *values++ = static_cast<std::decay_t<decltype(*values)>>(row[x]);
      }
    }
  }
  if constexpr (std::is_same_v<Value, std::uint16_t>) {
    RoundTo8Bits(&frame);
  }
  return frame;
}

template class PicturePlanes<std::int16_t>;
template class PicturePlanes<std::uint16_t>;

MatchPlanes Halved(const MatchPlanes& planes) {
  MatchPlanes half((planes.Width() + 1) / 2, (planes.Height() + 1) / 2);
  for (int channel = 0; channel < MatchPlanes::kChannels; ++channel) {
    for (int y = 0; y < half.Height(); ++y) {
      // The margin repeats a missing last column.
      const std::int16_t* const upper = planes.At(channel, 0, 2 * y);
      const std::int16_t* const lower =
          planes.At(channel, 0, std::min(2 * y + 1, planes.Height() - 1));
      std::int16_t* const row = half.At(channel, 0, y);
      for (int x = 0; x < half.Width(); ++x) {
        const int left = 2 * x;
        row[x] = static_cast<std::int16_t>(
            (upper[left] + upper[left + 1] + lower[left] + lower[left + 1] + 2) / 4);
      }
    }
  }
  half.FillMargin();
  return half;
}

std::vector<MatchPlanes> MatchPyramid(const Frame& frame, int side_min) {
  std::vector<MatchPlanes> pyramid;
  pyramid.emplace_back(frame);
  while (std::min(pyramid.back().Width(), pyramid.back().Height()) >= 2 * side_min) {
    pyramid.push_back(Halved(pyramid.back()));
  }
  return pyramid;
}

}  // namespace weft::deflicker
