// Convolutions and products of matrices on a CPU, in float32 or of bfloat16 that is multiplied and
// summed in float32, for channels-last pictures: products
// of matrices without the matrix in between ("implicit GEMM"), blocked as Goto and van de Geijn,
// "Anatomy of High-Performance Matrix Multiplication" (2008), block them.
//
// A cell of the output is its bias, to which the sums over blocks of the filter's products are
// added in the filter's order: block of channels by block of channels, tap by tap. Its bits depend
// on nothing else: not on the cell's place in the picture or the batch, not on the batch's or the
// picture's size, not on threads; and where the processor has fused multiply-adds, not on it.
//
// Nothing here throws. Everything may be called by any number of threads.

#pragma once

#include <cstdint>

namespace weft::models {

struct FilterShape {
  std::int64_t out = 0;
  std::int64_t in = 0;
  std::int64_t height = 1;
  std::int64_t width = 1;
};

// Below, Element is float, or std::uint16_t: bfloat16, as bits.

// Elements of a packed filter: the columns, which are its outputs, are filled up with zeros to
// whole panels, as wide as this CPU likes them.
std::int64_t PackedElements(const FilterShape& filter);

// weight: [out, in, height, width], contiguous.  packed: [PackedElements()].
template <typename Element>
void PackFilter(const Element* weight, const FilterShape& filter, Element* packed);

// [samples, height, width, channels], contiguous.
struct PictureShape {
  std::int64_t samples = 0;
  std::int64_t height = 0;
  std::int64_t width = 0;
};

struct ConvSteps {
  std::int64_t stride = 1;
  std::int64_t padding = 0;  // Cells of zeros on each side.
};

template <typename Element>
struct ConvOperands {
  const Element* in = nullptr;      // Of the plan's input.
  const Element* packed = nullptr;  // Aligned to 64 bytes, or slower.
  const Element* bias = nullptr;    // [out], or null.
  Element* out = nullptr;           // Of Output(). It must not overlap the rest.
};

// A convolution, cut into parts that any threads compute in any order.
class DirectConv {
 public:
  // REQUIRES: every size at least 1; the filter fits into the padded picture.
  DirectConv(const FilterShape& filter, const PictureShape& input, const ConvSteps& steps);

  [[nodiscard]] const PictureShape& Output() const { return output_; }
  [[nodiscard]] std::int64_t Parts() const { return output_.samples * tiles_ * column_parts_; }
  // Floats that Compute() needs to work in.
  [[nodiscard]] std::int64_t ScratchFloats() const;

  // Parts [begin, end).  scratch: [ScratchFloats()], this thread's.
  template <typename Element>
  void Compute(std::int64_t begin,
               std::int64_t end,
               const ConvOperands<Element>& operands,
               float* scratch) const;

 private:
  struct Tile;

  // The scratch: sums, then a patch, then a panel's block.
  [[nodiscard]] std::int64_t SumFloats() const;
  [[nodiscard]] std::int64_t PatchFloats() const;
  [[nodiscard]] Tile TileOf(std::int64_t part) const;
  template <typename Element>
  void ComputePart(std::int64_t part, const ConvOperands<Element>& operands, float* scratch) const;
  // The cells that a tile's filters see, block of channels by block of channels.
  template <typename Element>
  void Gather(const Tile& tile, const Element* in, float* patch) const;
  // At most kSumColumns columns, from `column`.
  template <typename Element>
  void SumColumns(const Tile& tile,
                  std::int64_t column,
                  const Element* packed,
                  float* scratch) const;
  template <typename Element>
  void Scatter(const Tile& tile, std::int64_t column, const float* sums, Element* out) const;

  FilterShape filter_;
  PictureShape input_;
  PictureShape output_;
  ConvSteps steps_;
  std::int64_t tile_height_ = 0;
  std::int64_t tile_width_ = 0;
  std::int64_t tiles_across_ = 0;
  std::int64_t tiles_ = 0;         // Of a sample.
  std::int64_t column_parts_ = 0;  // Of a tile.
  std::int64_t patch_height_ = 0;  // Of the largest tile.
  std::int64_t patch_width_ = 0;
};

}  // namespace weft::models
