// Sums of pictures, each counted some times, for their mean.

#pragma once

#include <cstdint>
#include <vector>

#include "worker/deflicker/match_planes.h"

namespace weft::deflicker {

// Value: as that of the pictures, PicturePlanes<Value>.
template <typename Value>
class BasicPictureSum {
 public:
  using Planes = PicturePlanes<Value>;

  BasicPictureSum() = default;

  // Empty, for pictures of the size of `like`.
  explicit BasicPictureSum(const Planes& like) { Begin(like); }

  // The same once more; memory is used again.
  void Begin(const Planes& like);

  // times: may be negative, to take out what was added before. REQUIRES: Begin() or its constructor
  // was called for a picture of this size.
  void Add(const Planes& picture, std::int32_t times);

  // Adds a picture row by row, where it is not kept: each row of each channel once, threads
  // different ones, between calls of CountIn(). REQUIRES: some picture was added before.
  void AddRow(int channel, int y, const Value* levels, std::int32_t times);
  void CountIn(std::int32_t times) { count_ += times; }

  // Rounded to nearest, halves up. REQUIRES: pictures were added, at most 2^22 times in all; of
  // 0..65535, 2^14.
  [[nodiscard]] Planes Mean() const;

  // In the place of *mean, whose memory is used again where it has the size.
  void MeanInto(Planes* mean) const;

 private:
  int width_ = 0;
  int height_ = 0;
  std::vector<std::int32_t> sums_;  // [height, channels, width]
  std::int32_t count_ = 0;
  bool is_empty_ = true;  // Then sums_ holds nothing yet.
};

extern template class BasicPictureSum<std::int16_t>;
extern template class BasicPictureSum<std::uint16_t>;

using PictureSum = BasicPictureSum<std::int16_t>;
using DeepPictureSum = BasicPictureSum<std::uint16_t>;

}  // namespace weft::deflicker
