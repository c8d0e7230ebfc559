// Convolutions and products of matrices in float32 on a CPU, for channels-last pictures: products
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

// Floats of a packed filter: the columns, which are its outputs, are filled up with zeros to whole
// panels.
std::int64_t PackedFloats(const FilterShape& filter);

// weight: [out, in, height, width], contiguous.  packed: [PackedFloats()].
void PackFilter(const float* weight, const FilterShape& filter, float* packed);

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

struct ConvOperands {
  const float* in = nullptr;      // Of the plan's input.
  const float* packed = nullptr;  // Aligned to 64 bytes, or slower.
  const float* bias = nullptr;    // [out], or null.
  float* out = nullptr;           // Of Output(). It must not overlap the rest.
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
  void Compute(std::int64_t begin,
               std::int64_t end,
               const ConvOperands& operands,
               float* scratch) const;

 private:
  struct Tile;

  void ComputePart(std::int64_t part, const ConvOperands& operands, float* scratch) const;
  [[nodiscard]] Tile TileOf(std::int64_t part) const;
  // The cells that a tile's filters see, block of channels by block of channels.
  void Gather(const Tile& tile, const float* in, float* patch) const;
  void SumPanels(const Tile& tile,
                 std::int64_t panel,
                 std::int64_t panels,
                 const float* packed,
                 float* scratch) const;
  void Scatter(const Tile& tile,
               std::int64_t panel,
               std::int64_t panels,
               const float* sums,
               float* out) const;

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
