#include "worker/deflicker/picture_sum.h"

#include <cassert>
#include <cstddef>

#include "worker/deflicker/instruction_sets.h"

namespace weft::deflicker {
namespace {

constexpr int kShift = 32;
// Up to so many pictures a product with the reciprocal is exact: it is too large by less than
// 1 / (2 count), what a quotient lacks at least to the next whole number, as long as
// (511 count) (2 count) < 2^32 (Granlund and Montgomery 1994, "Division by Invariant Integers").
constexpr std::int32_t kMultipliedMax = 2048;

WEFT_FOR_EVERY_VECTOR_UNIT void AddTimes(const std::int16_t* levels,
                                         int width,
                                         std::int32_t times,
                                         std::int32_t* sums) {
  for (int x = 0; x < width; ++x) {
    sums[x] += times * levels[x];
  }
}

WEFT_FOR_EVERY_VECTOR_UNIT void FirstRow(const std::int16_t* levels,
                                         int width,
                                         std::int32_t times,
                                         std::int32_t* sums) {
  for (int x = 0; x < width; ++x) {
    sums[x] = times * levels[x];
  }
}

WEFT_FOR_EVERY_VECTOR_UNIT void MeanRow(const std::int32_t* sums,
                                        int width,
                                        std::uint32_t count,
                                        std::int16_t* means) {
  const auto reciprocal =
      static_cast<std::uint32_t>((std::uint64_t{1} << kShift) / (std::uint64_t{2} * count) + 1);
  for (int x = 0; x < width; ++x) {
    const std::uint32_t twice = 2 * static_cast<std::uint32_t>(sums[x]) + count;
    means[x] = static_cast<std::int16_t>(std::uint64_t{twice} * reciprocal >> kShift);
  }
}

void DividedRow(const std::int32_t* sums, int width, std::int32_t count, std::int16_t* means) {
  for (int x = 0; x < width; ++x) {
    means[x] = static_cast<std::int16_t>((2 * sums[x] + count) / (2 * count));
  }
}

}  // namespace

void PictureSum::Begin(const MatchPlanes& like) {
  width_ = like.Width();
  height_ = like.Height();
  count_ = 0;
  is_empty_ = true;
  sums_.resize(static_cast<std::size_t>(width_) * static_cast<std::size_t>(height_) *
               MatchPlanes::kChannels);
}

void PictureSum::Add(const MatchPlanes& picture, std::int32_t times) {
  assert(picture.Width() == width_ && picture.Height() == height_);
  std::int32_t* sums = sums_.data();
  for (int y = 0; y < height_; ++y) {
    for (int channel = 0; channel < MatchPlanes::kChannels; ++channel, sums += width_) {
      const auto add = is_empty_ ? FirstRow : AddTimes;
      add(picture.At(channel, 0, y), width_, times, sums);
    }
  }
  count_ += times;
  is_empty_ = false;
}

void PictureSum::AddRow(int channel, int y, const std::int16_t* levels, std::int32_t times) {
  assert(!is_empty_);
  const std::ptrdiff_t row = std::ptrdiff_t{y} * MatchPlanes::kChannels + channel;
  AddTimes(levels, width_, times, sums_.data() + row * width_);
}

MatchPlanes PictureSum::Mean() const {
  MatchPlanes mean;
  MeanInto(&mean);
  return mean;
}

void PictureSum::MeanInto(MatchPlanes* mean) const {
  assert(count_ > 0 && !is_empty_);
  if (mean->Width() != width_ || mean->Height() != height_) {
    *mean = MatchPlanes(width_, height_);
  }
  const std::int32_t* sums = sums_.data();
  for (int y = 0; y < height_; ++y) {
    for (int channel = 0; channel < MatchPlanes::kChannels; ++channel, sums += width_) {
      if (count_ <= kMultipliedMax) {
        MeanRow(sums, width_, static_cast<std::uint32_t>(count_), mean->At(channel, 0, y));
      } else {
        DividedRow(sums, width_, count_, mean->At(channel, 0, y));
      }
    }
  }
  mean->FillMargin();
}

}  // namespace weft::deflicker
