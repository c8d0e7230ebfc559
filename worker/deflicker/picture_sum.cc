#include "worker/deflicker/picture_sum.h"

#include <cassert>
#include <cstddef>

#include "worker/deflicker/instruction_sets.h"

namespace weft::deflicker {
namespace {

// Up to so many pictures a product with the reciprocal is exact (MeansOfRow()).
constexpr std::int32_t kMultipliedMax = 2048;

template <typename Value>
WEFT_ALWAYS_INLINE void AddTo(const Value* levels,
                              int width,
                              std::int32_t times,
                              std::int32_t* sums) {
  for (int x = 0; x < width; ++x) {
    sums[x] += times * levels[x];
  }
}

template <typename Value>
WEFT_ALWAYS_INLINE void BeginWith(const Value* levels,
                                  int width,
                                  std::int32_t times,
                                  std::int32_t* sums) {
  for (int x = 0; x < width; ++x) {
    sums[x] = times * levels[x];
  }
}

// Multiplies with a reciprocal that is too large by less than 2^-Shift. The product is too large by
// less than what a quotient lacks at least to the next whole number, 1 / (2 count), as long as
// ((2 max + 1) count) (2 count) < 2^Shift, max being the largest value (Granlund and Montgomery
// 1994, "Division by Invariant Integers").
template <int Shift, typename Reciprocal, typename Value>
WEFT_ALWAYS_INLINE void MeansOfRow(const std::int32_t* sums,
                                   int width,
                                   std::uint32_t count,
                                   Value* means) {
  const auto reciprocal =
      static_cast<Reciprocal>((std::uint64_t{1} << Shift) / (std::uint64_t{2} * count) + 1);
  for (int x = 0; x < width; ++x) {
    const std::uint32_t twice = 2 * static_cast<std::uint32_t>(sums[x]) + count;
    means[x] = static_cast<Value>(std::uint64_t{twice} * reciprocal >> Shift);
  }
}

// Compiled for several instruction sets, which is done with no templates.
WEFT_FOR_EVERY_VECTOR_UNIT void AddTimes(const std::int16_t* levels,
                                         int width,
                                         std::int32_t times,
                                         std::int32_t* sums) {
  AddTo(levels, width, times, sums);
}
WEFT_FOR_EVERY_VECTOR_UNIT void AddTimes(const std::uint16_t* levels,
                                         int width,
                                         std::int32_t times,
                                         std::int32_t* sums) {
  AddTo(levels, width, times, sums);
}

WEFT_FOR_EVERY_VECTOR_UNIT void FirstRow(const std::int16_t* levels,
                                         int width,
                                         std::int32_t times,
                                         std::int32_t* sums) {
  BeginWith(levels, width, times, sums);
}
WEFT_FOR_EVERY_VECTOR_UNIT void FirstRow(const std::uint16_t* levels,
                                         int width,
                                         std::int32_t times,
                                         std::int32_t* sums) {
  BeginWith(levels, width, times, sums);
}

WEFT_FOR_EVERY_VECTOR_UNIT void MeanRow(const std::int32_t* sums,
                                        int width,
                                        std::uint32_t count,
                                        std::int16_t* means) {
  constexpr int kShift = 32;
  static_assert(511LL * kMultipliedMax * 2 * kMultipliedMax < 1LL << kShift);
  MeansOfRow<kShift, std::uint32_t>(sums, width, count, means);
}
WEFT_FOR_EVERY_VECTOR_UNIT void MeanRow(const std::int32_t* sums,
                                        int width,
                                        std::uint32_t count,
                                        std::uint16_t* means) {
  constexpr int kShift = 40;
  static_assert(131071LL * kMultipliedMax * 2 * kMultipliedMax < 1LL << kShift);
  MeansOfRow<kShift, std::uint64_t>(sums, width, count, means);
}

template <typename Value>
void DividedRow(const std::int32_t* sums, int width, std::int32_t count, Value* means) {
  for (int x = 0; x < width; ++x) {
    means[x] = static_cast<Value>((2 * std::int64_t{sums[x]} + count) / (2 * std::int64_t{count}));
  }
}

}  // namespace

template <typename Value>
void BasicPictureSum<Value>::Begin(const Planes& like) {
  width_ = like.Width();
  height_ = like.Height();
  count_ = 0;
  is_empty_ = true;
  sums_.resize(static_cast<std::size_t>(width_) * static_cast<std::size_t>(height_) *
               Planes::kChannels);
}

template <typename Value>
void BasicPictureSum<Value>::Add(const Planes& picture, std::int32_t times) {
  assert(picture.Width() == width_ && picture.Height() == height_);
  std::int32_t* sums = sums_.data();
  for (int y = 0; y < height_; ++y) {
    for (int channel = 0; channel < Planes::kChannels; ++channel, sums += width_) {
      const Value* const levels = picture.At(channel, 0, y);
      if (is_empty_) {
        FirstRow(levels, width_, times, sums);
      } else {
        AddTimes(levels, width_, times, sums);
      }
    }
  }
  count_ += times;
  is_empty_ = false;
}

template <typename Value>
void BasicPictureSum<Value>::AddRow(int channel, int y, const Value* levels, std::int32_t times) {
  assert(!is_empty_);
  const std::ptrdiff_t row = std::ptrdiff_t{y} * Planes::kChannels + channel;
  AddTimes(levels, width_, times, sums_.data() + row * width_);
}

template <typename Value>
PicturePlanes<Value> BasicPictureSum<Value>::Mean() const {
  Planes mean;
  MeanInto(&mean);
  return mean;
}

template <typename Value>
void BasicPictureSum<Value>::MeanInto(Planes* mean) const {
  assert(count_ > 0 && !is_empty_);
  if (mean->Width() != width_ || mean->Height() != height_) {
    *mean = Planes(width_, height_);
  }
  const std::int32_t* sums = sums_.data();
  for (int y = 0; y < height_; ++y) {
    for (int channel = 0; channel < Planes::kChannels; ++channel, sums += width_) {
      if (count_ <= kMultipliedMax) {
        MeanRow(sums, width_, static_cast<std::uint32_t>(count_), mean->At(channel, 0, y));
      } else {
        DividedRow(sums, width_, count_, mean->At(channel, 0, y));
      }
    }
  }
  mean->FillMargin();
}

template class BasicPictureSum<std::int16_t>;
template class BasicPictureSum<std::uint16_t>;

}  // namespace weft::deflicker
