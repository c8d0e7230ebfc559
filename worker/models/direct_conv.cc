#include "worker/models/direct_conv.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "worker/models/lanes.h"

namespace weft::models {
namespace {

// Columns of a panel: its values lie [taps of a block of channels, channels, columns], block by
// block.
constexpr std::int64_t kPanel = 16;
// Channels of a block, at most, and about the products that are summed in registers: a panel's
// block of them stays in the first cache while the cells of a tile pass by.
constexpr std::int64_t kDepth = 160;
// Cells that share one pass over a panel's block.
constexpr std::int64_t kRows = 6;
constexpr std::int64_t kTileCells = 192;
constexpr std::int64_t kTileWidth = 24;  // Of filters that see more than one cell.
// Panels whose sums are kept at hand, and of a part.
constexpr std::int64_t kGroupPanels = 8;
constexpr std::int64_t kPartPanels = 40;

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

// What one pass sums up: kRows cells by a panel.
struct Pass {
  const float* patch = nullptr;
  const std::int64_t* rows = nullptr;  // [kRows]: where the cells' first taps lie in the patch.
  const std::int64_t* taps = nullptr;  // Relative to them.
  std::int64_t tap_count = 0;
  std::int64_t depth = 0;
  const float* panel = nullptr;
  std::int64_t panel_stride = 0;
  float* sums = nullptr;  // [kRows, kGroupPanels * kPanel]
};

constexpr int kVectors = static_cast<int>(kPanel) / kFloats<HalfLanes>;

[[gnu::always_inline]] inline void AddProducts(const HalfLanes (&columns)[kVectors],
                                               float cell,
                                               HalfLanes (&sums)[kVectors]) {
#pragma GCC unroll 2
  for (std::int64_t v = 0; v < kVectors; ++v) {
    sums[v] += columns[v] * cell;
  }
}

// Written out row by row: kept in an array, the rows' addresses would lie in memory.
WEFT_OTHER_CPU void SumPanel(const Pass& pass) {
  HalfLanes sums[kRows][kVectors] = {};
  const float* panel = pass.panel;
  const std::int64_t depth = pass.depth;
  for (std::int64_t tap = 0; tap < pass.tap_count; ++tap) {
    const float* const patch = pass.patch + pass.taps[tap];
    const float* const row0 = patch + pass.rows[0];
    const float* const row1 = patch + pass.rows[1];
    const float* const row2 = patch + pass.rows[2];
    const float* const row3 = patch + pass.rows[3];
    const float* const row4 = patch + pass.rows[4];
    const float* const row5 = patch + pass.rows[5];
    for (std::int64_t k = 0; k < depth; ++k) {
      HalfLanes columns[kVectors];
#pragma GCC unroll 2
      for (std::int64_t v = 0; v < kVectors; ++v) {
        Load(panel + v * kFloats<HalfLanes>, columns[v]);
      }
      AddProducts(columns, row0[k], sums[0]);
      AddProducts(columns, row1[k], sums[1]);
      AddProducts(columns, row2[k], sums[2]);
      AddProducts(columns, row3[k], sums[3]);
      AddProducts(columns, row4[k], sums[4]);
      AddProducts(columns, row5[k], sums[5]);
      panel += kPanel;
    }
  }
#pragma GCC unroll 6
  for (std::int64_t row = 0; row < kRows; ++row) {
#pragma GCC unroll 2
    for (std::int64_t v = 0; v < kVectors; ++v) {
      float* const at = pass.sums + row * kGroupPanels * kPanel + v * kFloats<HalfLanes>;
      HalfLanes sum;
      Load(at, sum);
      sum += sums[row][v];
      Store(sum, at);
    }
  }
}

// The cells of a tile by the panels of a group.
void SumBlock(
    Pass pass, const std::int64_t* rows, std::int64_t row_count, std::int64_t panels, float* sums) {
  const float* const first = pass.panel;
  for (std::int64_t panel = 0; panel < panels; ++panel) {
    pass.panel = first + panel * pass.panel_stride;
    for (std::int64_t row = 0; row < row_count; row += kRows) {
      pass.rows = rows + row;
      pass.sums = sums + (row * kGroupPanels + panel) * kPanel;
      SumPanel(pass);
    }
  }
}

struct PanelBlock {
  std::int64_t panel = 0;  // Its first column.
  std::int64_t begin = 0;  // Of the channels.
  std::int64_t depth = 0;
};

// Where it ends.
float* PackBlock(const float* weight,
                 const FilterShape& filter,
                 const PanelBlock& block,
                 float* packed) {
  const std::int64_t taps = filter.height * filter.width;
  const std::int64_t columns = std::min(kPanel, filter.out - block.panel);
  for (std::int64_t tap = 0; tap < taps; ++tap) {
    for (std::int64_t in = block.begin; in < block.begin + block.depth; ++in) {
      for (std::int64_t column = 0; column < columns; ++column) {
        packed[column] = weight[((block.panel + column) * filter.in + in) * taps + tap];
      }
      std::fill(packed + columns, packed + kPanel, 0.0F);
      packed += kPanel;
    }
  }
  return packed;
}

}  // namespace

std::int64_t PackedFloats(const FilterShape& filter) {
  return CeilDivide(filter.out, kPanel) * kPanel * filter.in * filter.height * filter.width;
}

void PackFilter(const float* weight, const FilterShape& filter, float* packed) {
  const Depths depths(filter.in);
  for (std::int64_t panel = 0; panel < filter.out; panel += kPanel) {
    for (std::int64_t begin = 0; begin < filter.in; begin += depths.block) {
      packed = PackBlock(weight, filter, {panel, begin, depths.At(begin)}, packed);
    }
  }
}

// A part of the output: cells of one sample, and columns.
struct DirectConv::Tile {
  std::int64_t sample = 0;
  std::int64_t top = 0;
  std::int64_t left = 0;
  std::int64_t height = 0;
  std::int64_t width = 0;
  std::int64_t first_panel = 0;
  std::int64_t end_panel = 0;

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
  column_parts_ = CeilDivide(CeilDivide(filter.out, kPanel), kPartPanels);
  patch_height_ = (tile_height_ - 1) * steps.stride + filter.height;
  patch_width_ = (tile_width_ - 1) * steps.stride + filter.width;
}

std::int64_t DirectConv::ScratchFloats() const {
  const std::int64_t rows = CeilDivide(tile_height_ * tile_width_, kRows) * kRows;
  return rows * kGroupPanels * kPanel + patch_height_ * patch_width_ * filter_.in;
}

DirectConv::Tile DirectConv::TileOf(std::int64_t part) const {
  const std::int64_t panels = CeilDivide(filter_.out, kPanel);
  const std::int64_t column_part = part % column_parts_;
  const std::int64_t place = part / column_parts_ % tiles_;
  Tile tile;
  tile.sample = part / column_parts_ / tiles_;
  tile.top = place / tiles_across_ * tile_height_;
  tile.left = place % tiles_across_ * tile_width_;
  tile.height = std::min(tile_height_, output_.height - tile.top);
  tile.width = std::min(tile_width_, output_.width - tile.left);
  tile.first_panel = column_part * kPartPanels;
  tile.end_panel = std::min(panels, tile.first_panel + kPartPanels);
  return tile;
}

void DirectConv::Gather(const Tile& tile, const float* in, float* patch) const {
  const std::int64_t channels = filter_.in;
  const std::int64_t rows = (tile.height - 1) * steps_.stride + filter_.height;
  const std::int64_t columns = (tile.width - 1) * steps_.stride + filter_.width;
  const std::int64_t top = tile.top * steps_.stride - steps_.padding;
  const std::int64_t left = tile.left * steps_.stride - steps_.padding;
  const float* const sample = in + tile.sample * input_.height * input_.width * channels;
  const Depths depths(channels);
  for (std::int64_t begin = 0; begin < channels; begin += depths.block) {
    const std::int64_t depth = depths.At(begin);
    const std::size_t bytes = static_cast<std::size_t>(depth) * sizeof(float);
    float* const block = patch + begin * patch_height_ * patch_width_;
    for (std::int64_t row = 0; row < rows; ++row) {
      const std::int64_t y = top + row;
      for (std::int64_t column = 0; column < columns; ++column) {
        const std::int64_t x = left + column;
        float* const to = block + (row * patch_width_ + column) * depth;
        if (y < 0 || y >= input_.height || x < 0 || x >= input_.width) {
          std::memset(to, 0, bytes);
        } else {
          std::memcpy(to, sample + (y * input_.width + x) * channels + begin, bytes);
        }
      }
    }
  }
}

void DirectConv::SumPanels(const Tile& tile,
                           std::int64_t panel,
                           std::int64_t panels,
                           const float* packed,
                           float* scratch) const {
  constexpr std::int64_t kTapsMax = kDepth;
  const std::int64_t taps = filter_.height * filter_.width;
  const std::int64_t rows = CeilDivide(tile.Cells(), kRows) * kRows;
  float* const sums = scratch;
  const float* const patch =
      scratch + CeilDivide(tile_height_ * tile_width_, kRows) * kRows * kGroupPanels * kPanel;
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
      pass.panel_stride = taps * filter_.in * kPanel;
      pass.panel = packed + panel * pass.panel_stride + (begin * taps + tap * depth) * kPanel;
      SumBlock(pass, cells.data(), rows, panels, sums);
    }
  }
}

void DirectConv::Scatter(const Tile& tile,
                         std::int64_t panel,
                         std::int64_t panels,
                         const float* sums,
                         float* out) const {
  const std::int64_t first = panel * kPanel;
  const std::int64_t count = std::min(panels * kPanel, filter_.out - first);
  float* const sample = out + tile.sample * output_.height * output_.width * filter_.out + first;
  for (std::int64_t cell = 0; cell < tile.Cells(); ++cell) {
    const std::int64_t y = tile.top + cell / tile.width;
    const std::int64_t x = tile.left + cell % tile.width;
    std::memcpy(sample + (y * output_.width + x) * filter_.out, sums + cell * kGroupPanels * kPanel,
                static_cast<std::size_t>(count) * sizeof(float));
  }
}

void DirectConv::ComputePart(std::int64_t part,
                             const ConvOperands& operands,
                             float* scratch) const {
  const Tile tile = TileOf(part);
  const std::int64_t rows = CeilDivide(tile.Cells(), kRows) * kRows;
  float* const sums = scratch;
  Gather(tile, operands.in,
         scratch + CeilDivide(tile_height_ * tile_width_, kRows) * kRows * kGroupPanels * kPanel);
  for (std::int64_t panel = tile.first_panel; panel < tile.end_panel; panel += kGroupPanels) {
    const std::int64_t panels = std::min(kGroupPanels, tile.end_panel - panel);
    std::array<float, kGroupPanels * kPanel> bias{};
    if (operands.bias != nullptr) {
      const std::int64_t first = panel * kPanel;
      std::copy_n(operands.bias + first, std::min(panels * kPanel, filter_.out - first),
                  bias.begin());
    }
    for (std::int64_t row = 0; row < rows; ++row) {
      std::copy(bias.begin(), bias.end(), sums + row * kGroupPanels * kPanel);
    }
    SumPanels(tile, panel, panels, operands.packed, scratch);
    Scatter(tile, panel, panels, sums, operands.out);
  }
}

void DirectConv::Compute(std::int64_t begin,
                         std::int64_t end,
                         const ConvOperands& operands,
                         float* scratch) const {
  for (std::int64_t part = begin; part < end; ++part) {
    ComputePart(part, operands, scratch);
  }
}

}  // namespace weft::models
