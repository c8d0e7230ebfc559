#include "worker/models/direct_conv.h"

#include <algorithm>
#include <array>

#include "worker/models/direct_kernel.h"

namespace weft::models {
namespace {

// Channels of a block, at most, and about the products that are summed in registers: a panel's
// block of them stays in the first cache while the cells of a tile pass by.
constexpr std::int64_t kDepth = 160;
constexpr std::int64_t kRows = kPassCells;
constexpr std::int64_t kTileCells = 192;
constexpr std::int64_t kTileWidth = 24;  // Of filters that see more than one cell.
// Of a part.
constexpr std::int64_t kPartColumns = 640;

constexpr std::int64_t CeilDivide(std::int64_t a, std::int64_t b) {
  return (a + b - 1) / b;
}

// Even blocks of the channels.
struct Depths {
  std::int64_t channels = 0;
  std::int64_t block = 0;

  explicit Depths(std::int64_t count)
      : channels(count), block(CeilDivide(count, CeilDivide(count, kDepth))) {}
  [[nodiscard]] std::int64_t At(std::int64_t begin) const {
    return std::min(block, channels - begin);
  }
};

// Taps that one sum in registers covers.
std::int64_t TapsAtOnce(std::int64_t depth) {
  return std::max<std::int64_t>(1, kDepth / depth);
}

struct PanelBlock {
  std::int64_t panel = 0;  // Its first column.
  std::int64_t begin = 0;  // Of the channels.
  std::int64_t depth = 0;
};

// Where it ends.
template <typename Element>
Element* PackBlock(const Element* weight,
                   const FilterShape& filter,
                   const PanelBlock& block,
                   Element* packed) {
  const std::int64_t panel = PanelColumns(filter.out);
  const std::int64_t taps = filter.height * filter.width;
  const std::int64_t columns = std::min(panel, filter.out - block.panel);
  for (std::int64_t tap = 0; tap < taps; ++tap) {
    for (std::int64_t in = block.begin; in < block.begin + block.depth; ++in) {
      for (std::int64_t column = 0; column < columns; ++column) {
        packed[column] = weight[((block.panel + column) * filter.in + in) * taps + tap];
      }
      std::fill(packed + columns, packed + panel, Element{0});
      packed += panel;
    }
  }
  return packed;
}

// A panel's block as the kernel reads it: where it is, or widened into `scratch`.
const float* WidePanel(const float* panel, std::int64_t /*count*/, float* /*scratch*/) {
  return panel;
}

const float* WidePanel(const std::uint16_t* panel, std::int64_t count, float* scratch) {
  Widen(panel, count, scratch);
  return scratch;
}

}  // namespace

std::int64_t PackedElements(const FilterShape& filter) {
  const std::int64_t panel = PanelColumns(filter.out);
  return CeilDivide(filter.out, panel) * panel * filter.in * filter.height * filter.width;
}

template <typename Element>
void PackFilter(const Element* weight, const FilterShape& filter, Element* packed) {
  const Depths depths(filter.in);
  for (std::int64_t panel = 0; panel < filter.out; panel += PanelColumns(filter.out)) {
    for (std::int64_t begin = 0; begin < filter.in; begin += depths.block) {
      packed = PackBlock(weight, filter, {panel, begin, depths.At(begin)}, packed);
    }
  }
}

template void PackFilter(const float*, const FilterShape&, float*);
template void PackFilter(const std::uint16_t*, const FilterShape&, std::uint16_t*);

// A part of the output: cells of one sample, and columns.
struct DirectConv::Tile {
  std::int64_t sample = 0;
  std::int64_t top = 0;
  std::int64_t left = 0;
  std::int64_t height = 0;
  std::int64_t width = 0;
  std::int64_t first_column = 0;
  std::int64_t end_column = 0;

  [[nodiscard]] std::int64_t Cells() const { return height * width; }
};

DirectConv::DirectConv(const FilterShape& filter, const PictureShape& input, const ConvSteps& steps)
    : filter_(filter), input_(input), output_(input), steps_(steps) {
  output_.height = (input.height + 2 * steps.padding - filter.height) / steps.stride + 1;
  output_.width = (input.width + 2 * steps.padding - filter.width) / steps.stride + 1;
  const bool narrow = filter.height * filter.width > 1;
  tile_width_ = std::min(output_.width, narrow ? kTileWidth : kTileCells);
  tile_height_ = std::min(output_.height, std::max<std::int64_t>(1, kTileCells / tile_width_));
  tiles_across_ = CeilDivide(output_.width, tile_width_);
  tiles_ = tiles_across_ * CeilDivide(output_.height, tile_height_);
  column_parts_ = CeilDivide(filter.out, kPartColumns);
  patch_height_ = (tile_height_ - 1) * steps.stride + filter.height;
  patch_width_ = (tile_width_ - 1) * steps.stride + filter.width;
}

std::int64_t DirectConv::SumFloats() const {
  return CeilDivide(tile_height_ * tile_width_, kRows) * kRows * kSumColumns;
}

std::int64_t DirectConv::PatchFloats() const {
  return patch_height_ * patch_width_ * filter_.in;
}

std::int64_t DirectConv::ScratchFloats() const {
  return SumFloats() + PatchFloats() + kDepth * PanelColumns(filter_.out);
}

DirectConv::Tile DirectConv::TileOf(std::int64_t part) const {
  const std::int64_t column_part = part % column_parts_;
  const std::int64_t place = part / column_parts_ % tiles_;
  Tile tile;
  tile.sample = part / column_parts_ / tiles_;
  tile.top = place / tiles_across_ * tile_height_;
  tile.left = place % tiles_across_ * tile_width_;
  tile.height = std::min(tile_height_, output_.height - tile.top);
  tile.width = std::min(tile_width_, output_.width - tile.left);
  tile.first_column = column_part * kPartColumns;
  tile.end_column = std::min(filter_.out, tile.first_column + kPartColumns);
  return tile;
}

template <typename Element>
void DirectConv::Gather(const Tile& tile, const Element* in, float* patch) const {
  const std::int64_t channels = filter_.in;
  const std::int64_t rows = (tile.height - 1) * steps_.stride + filter_.height;
  const std::int64_t columns = (tile.width - 1) * steps_.stride + filter_.width;
  const std::int64_t top = tile.top * steps_.stride - steps_.padding;
  const std::int64_t left = tile.left * steps_.stride - steps_.padding;
  const Element* const sample = in + tile.sample * input_.height * input_.width * channels;
  const Depths depths(channels);
  for (std::int64_t begin = 0; begin < channels; begin += depths.block) {
    const std::int64_t depth = depths.At(begin);
    float* const block = patch + begin * patch_height_ * patch_width_;
    for (std::int64_t row = 0; row < rows; ++row) {
      const std::int64_t y = top + row;
      for (std::int64_t column = 0; column < columns; ++column) {
        const std::int64_t x = left + column;
        float* const to = block + (row * patch_width_ + column) * depth;
        if (y < 0 || y >= input_.height || x < 0 || x >= input_.width) {
          std::fill_n(to, depth, 0.0F);
        } else {
          Widen(sample + (y * input_.width + x) * channels + begin, depth, to);
        }
      }
    }
  }
}

template <typename Element>
void DirectConv::SumColumns(const Tile& tile,
                            std::int64_t column,
                            const Element* packed,
                            float* scratch) const {
  constexpr std::int64_t kTapsMax = kDepth;
  const std::int64_t taps = filter_.height * filter_.width;
  const std::int64_t rows = CeilDivide(tile.Cells(), kRows) * kRows;
  const std::int64_t columns = PanelColumns(filter_.out);
  const std::int64_t end = std::min(column + kSumColumns, tile.end_column);
  float* const sums = scratch;
  const float* const patch = scratch + SumFloats();
  const Depths depths(filter_.in);
  std::array<std::int64_t, kTileCells + kRows> cells{};
  std::array<std::int64_t, kTapsMax> offsets{};
  for (std::int64_t begin = 0; begin < filter_.in; begin += depths.block) {
    const std::int64_t depth = depths.At(begin);
    for (std::int64_t row = 0; row < rows; ++row) {
      // Rows behind the last one repeat it; nobody reads their sums.
      const std::int64_t cell = std::min(row, tile.Cells() - 1);
      cells[row] = (cell / tile.width * patch_width_ + cell % tile.width) * steps_.stride * depth;
    }
    const std::int64_t at_once = TapsAtOnce(depth);
    for (std::int64_t tap = 0; tap < taps; tap += at_once) {
      Pass pass;
      pass.patch = patch + begin * patch_height_ * patch_width_;
      pass.taps = offsets.data();
      pass.tap_count = std::min(at_once, taps - tap);
      for (std::int64_t i = 0; i < pass.tap_count; ++i) {
        const std::int64_t row = (tap + i) / filter_.width;
        offsets[i] = (row * patch_width_ + (tap + i) % filter_.width) * depth;
      }
      pass.depth = depth;
      pass.columns = columns;
      for (std::int64_t first = column; first < end; first += columns) {
        const Element* const panel =
            packed + first * taps * filter_.in + (begin * taps + tap * depth) * columns;
        pass.panel = WidePanel(panel, pass.tap_count * depth * columns,
                               scratch + SumFloats() + PatchFloats());
        for (std::int64_t row = 0; row < rows; row += kRows) {
          pass.cells = cells.data() + row;
          pass.sums = sums + row * kSumColumns + first - column;
          SumPanel(pass);
        }
      }
    }
  }
}

template <typename Element>
void DirectConv::Scatter(const Tile& tile,
                         std::int64_t column,
                         const float* sums,
                         Element* out) const {
  const std::int64_t count = std::min(kSumColumns, tile.end_column - column);
  Element* const sample = out + tile.sample * output_.height * output_.width * filter_.out + column;
  for (std::int64_t cell = 0; cell < tile.Cells(); ++cell) {
    const std::int64_t y = tile.top + cell / tile.width;
    const std::int64_t x = tile.left + cell % tile.width;
    Narrow(sums + cell * kSumColumns, count, sample + (y * output_.width + x) * filter_.out);
  }
}

template <typename Element>
void DirectConv::ComputePart(std::int64_t part,
                             const ConvOperands<Element>& operands,
                             float* scratch) const {
  const Tile tile = TileOf(part);
  const std::int64_t rows = CeilDivide(tile.Cells(), kRows) * kRows;
  float* const sums = scratch;
  Gather(tile, operands.in, scratch + SumFloats());
  for (std::int64_t column = tile.first_column; column < tile.end_column; column += kSumColumns) {
    std::array<float, kSumColumns> bias{};
    if (operands.bias != nullptr) {
      Widen(operands.bias + column, std::min(kSumColumns, tile.end_column - column), bias.data());
    }
    for (std::int64_t row = 0; row < rows; ++row) {
      std::copy(bias.begin(), bias.end(), sums + row * kSumColumns);
    }
    SumColumns(tile, column, operands.packed, scratch);
    Scatter(tile, column, sums, operands.out);
  }
}

template <typename Element>
void DirectConv::Compute(std::int64_t begin,
                         std::int64_t end,
                         const ConvOperands<Element>& operands,
                         float* scratch) const {
  for (std::int64_t part = begin; part < end; ++part) {
    ComputePart(part, operands, scratch);
  }
}

template void DirectConv::Compute(std::int64_t,
                                  std::int64_t,
                                  const ConvOperands<float>&,
                                  float*) const;
template void DirectConv::Compute(std::int64_t,
                                  std::int64_t,
                                  const ConvOperands<std::uint16_t>&,
                                  float*) const;

}  // namespace weft::models
