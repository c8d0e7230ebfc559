// 3 x 3 convolutions on a CPU in float32, stride 1 and a cell of zeros on each side, by minimal
// filtering: F(2 x 2, 3 x 3) of Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks"
// (2015, arXiv 1509.09308), section 4.1. Of every 4 x 4 cells of the input 16 products make 2 x 2
// cells of the output, where DirectConv needs 36; the filter takes 16/9 of the memory.
//
// A cell's bits depend on whether its row and its column are even, and otherwise on no more than
// DirectConv's do. Its sums are off DirectConv's by rounding.
//
// Nothing here throws. Everything may be called by any number of threads.

#pragma once

#include <cstdint>

#include "worker/models/direct_conv.h"

namespace weft::models {

class WinogradConv {
 public:
  // 3 x 3, and multiples of 16 channels.
  static bool Takes(const FilterShape& filter);
  // Elements of a packed filter.
  static std::int64_t PackedElements(const FilterShape& filter);
  // weight: [out, in, 3, 3], contiguous.  packed: [PackedElements()]. REQUIRES: Takes().
  static void Pack(const float* weight, const FilterShape& filter, float* packed);

  // REQUIRES: Takes(filter); every size at least 1.
  WinogradConv(const FilterShape& filter, const PictureShape& picture);

  [[nodiscard]] const PictureShape& Output() const { return picture_; }
  // The convolution is cut into parts that any threads compute in any order.
  [[nodiscard]] std::int64_t Parts() const;
  // Floats that Compute() needs to work in.
  [[nodiscard]] std::int64_t ScratchFloats() const;

  // Parts [begin, end).  scratch: [ScratchFloats()], this thread's.
  void Compute(std::int64_t begin,
               std::int64_t end,
               const ConvOperands<float>& operands,
               float* scratch) const;

 private:
  struct Block;

  [[nodiscard]] Block BlockOf(std::int64_t part) const;
  void TransformInput(const Block& block, const float* in, float* scratch) const;
  // At most kSumColumns columns, from `column`.
  void SumColumns(const Block& block,
                  std::int64_t column,
                  const float* packed,
                  float* scratch) const;
  void TransformOutput(const Block& block,
                       std::int64_t column,
                       const ConvOperands<float>& operands,
                       const float* sums) const;

  FilterShape filter_;
  PictureShape picture_;
  std::int64_t blocks_across_ = 0;
  std::int64_t blocks_down_ = 0;
};

}  // namespace weft::models
