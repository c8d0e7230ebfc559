#include "worker/models/winograd_conv.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <vector>

#include "worker/models/direct_kernel.h"
#include "worker/models/lanes.h"

namespace weft::models {
namespace {

constexpr std::int64_t kTaps = 3;      // Of the filter, on each side.
constexpr std::int64_t kTileSide = 2;  // Cells of the output that a tile stands for,
constexpr std::int64_t kReadSide = 4;  // and of the input that it reads.
constexpr std::int64_t kPoints = kReadSide * kReadSide;
// Tiles of a block: its transformed input stays in the second cache.
constexpr std::int64_t kBlockRows = 4;
constexpr std::int64_t kBlockColumns = 12;
constexpr std::int64_t kBlockTiles = kBlockRows * kBlockColumns;
static_assert(kBlockTiles % kPassCells == 0);
// Channels whose products are summed in registers, at most.
constexpr std::int64_t kDepth = 256;

constexpr std::int64_t CeilDivide(std::int64_t a, std::int64_t b) {
  return (a + b - 1) / b;
}

// B^T d for one column or row d of a tile's input.
template <typename Vector>
[[gnu::always_inline]] inline void SpreadFour(Vector& a, Vector& b, Vector& c, Vector& d) {
  const Vector first = a - c;
  const Vector second = b + c;
  const Vector third = c - b;
  d = b - d;
  a = first;
  b = second;
  c = third;
}

// cells: [kReadSide, kReadSide]. Writes channel c of point p to to[p * pitch + c].
template <typename Vector>
[[gnu::always_inline]] inline void TransformTile(const std::array<const float*, kPoints>& cells,
                                                 std::int64_t channels,
                                                 std::int64_t pitch,
                                                 float* to) {
  for (std::int64_t c = 0; c < channels; c += kFloats<Vector>) {
    Vector v[kPoints];
#pragma GCC unroll 16
    for (std::int64_t i = 0; i < kPoints; ++i) {
      Load(cells[static_cast<std::size_t>(i)] + c, v[i]);
    }
#pragma GCC unroll 4
    for (std::int64_t i = 0; i < kReadSide; ++i) {
      SpreadFour(v[i], v[i + 4], v[i + 8], v[i + 12]);
    }
#pragma GCC unroll 4
    for (std::int64_t i = 0; i < kPoints; i += kReadSide) {
      SpreadFour(v[i], v[i + 1], v[i + 2], v[i + 3]);
    }
#pragma GCC unroll 16
    for (std::int64_t i = 0; i < kPoints; ++i) {
      Store(v[i], to + i * pitch + c);
    }
  }
}

// A^T m for one column or row m of a tile's products: in a and b.
template <typename Vector>
[[gnu::always_inline]] inline void GatherFour(Vector& a,
                                              Vector& b,
                                              const Vector& c,
                                              const Vector& d) {
  const Vector first = a + b + c;
  b = b - c - d;
  a = first;
}

// sums: channel c of point p lies at sums[p * pitch + c].  bias: [channels].  cells: [kTileSide,
// kTileSide] of the output; null where there is none.
template <typename Vector>
[[gnu::always_inline]] inline void FinishTile(
    const float* sums,
    std::int64_t channels,
    std::int64_t pitch,
    const float* bias,
    const std::array<float*, kTileSide * kTileSide>& cells) {
  for (std::int64_t c = 0; c < channels; c += kFloats<Vector>) {
    Vector v[kPoints];
#pragma GCC unroll 16
    for (std::int64_t i = 0; i < kPoints; ++i) {
      Load(sums + i * pitch + c, v[i]);
    }
#pragma GCC unroll 4
    for (std::int64_t i = 0; i < kReadSide; ++i) {
      GatherFour(v[i], v[i + 4], v[i + 8], v[i + 12]);
    }
    Vector shift;
    Load(bias + c, shift);
#pragma GCC unroll 2
    for (std::int64_t row = 0; row < kTileSide; ++row) {
      Vector* const of = v + row * kReadSide;
      GatherFour(of[0], of[1], of[2], of[3]);
#pragma GCC unroll 2
      for (std::int64_t column = 0; column < kTileSide; ++column) {
        float* const cell = cells[static_cast<std::size_t>(row * kTileSide + column)];
        if (cell != nullptr) {
          of[column] += shift;
          Store(of[column], cell + c);
        }
      }
    }
  }
}

WEFT_WIDE_CPU void TransformWide(const std::array<const float*, kPoints>& cells,
                                 std::int64_t channels,
                                 std::int64_t pitch,
                                 float* to) {
  TransformTile<Lanes>(cells, channels, pitch, to);
}

WEFT_OTHER_CPU void TransformNarrow(const std::array<const float*, kPoints>& cells,
                                    std::int64_t channels,
                                    std::int64_t pitch,
                                    float* to) {
  TransformTile<HalfLanes>(cells, channels, pitch, to);
}

WEFT_WIDE_CPU void FinishWide(const float* sums,
                              std::int64_t channels,
                              std::int64_t pitch,
                              const float* bias,
                              const std::array<float*, kTileSide * kTileSide>& cells) {
  FinishTile<Lanes>(sums, channels, pitch, bias, cells);
}

WEFT_OTHER_CPU void FinishNarrow(const float* sums,
                                 std::int64_t channels,
                                 std::int64_t pitch,
                                 const float* bias,
                                 const std::array<float*, kTileSide * kTileSide>& cells) {
  FinishTile<HalfLanes>(sums, channels, pitch, bias, cells);
}

// G g for one column or row g of a filter.
std::array<double, kReadSide> SpreadTaps(double a, double b, double c) {
  constexpr double kHalf = 0.5;
  return {a, kHalf * (a + b + c), kHalf * (a - b + c), c};
}

// G g G^T for a filter's taps, row by row.
std::array<float, kPoints> TransformedTaps(const float* taps) {
  std::array<std::array<double, kReadSide>, kTaps> columns{};  // By column of the taps.
  for (std::size_t column = 0; column < kTaps; ++column) {
    columns[column] = SpreadTaps(taps[column], taps[column + kTaps], taps[column + 2 * kTaps]);
  }
  std::array<float, kPoints> points{};
  for (std::size_t row = 0; row < kReadSide; ++row) {
    const auto spread = SpreadTaps(columns[0][row], columns[1][row], columns[2][row]);
    for (std::size_t column = 0; column < kReadSide; ++column) {
      points[row * kReadSide + column] = static_cast<float>(spread[column]);
    }
  }
  return points;
}

FilterShape PointShape(const FilterShape& filter) {
  return {filter.out, filter.in, 1, 1};
}

}  // namespace

// Some tiles of a sample.
struct WinogradConv::Block {
  std::int64_t sample = 0;
  std::int64_t top = 0;  // Cells.
  std::int64_t left = 0;
  std::int64_t rows = 0;  // Tiles.
  std::int64_t columns = 0;

  [[nodiscard]] std::int64_t Tiles() const { return rows * columns; }
  [[nodiscard]] std::int64_t TopOf(std::int64_t tile) const {
    return top + tile / columns * kTileSide;
  }
  [[nodiscard]] std::int64_t LeftOf(std::int64_t tile) const {
    return left + tile % columns * kTileSide;
  }
};

bool WinogradConv::Takes(const FilterShape& filter) {
  return filter.height == kTaps && filter.width == kTaps && filter.in % kLanes == 0 &&
         filter.out % kLanes == 0;
}

std::int64_t WinogradConv::PackedElements(const FilterShape& filter) {
  return kPoints * models::PackedElements(PointShape(filter));
}

void WinogradConv::Pack(const float* weight, const FilterShape& filter, float* packed) {
  const auto count = static_cast<std::size_t>(filter.out * filter.in);
  std::vector<float> points(kPoints * count);  // [kPoints, out, in]
  for (std::size_t i = 0; i < count; ++i) {
    const std::array<float, kPoints> values = TransformedTaps(weight + i * kTaps * kTaps);
    for (std::size_t point = 0; point < kPoints; ++point) {
      points[point * count + i] = values[point];
    }
  }
  const std::int64_t elements = models::PackedElements(PointShape(filter));
  for (std::int64_t point = 0; point < kPoints; ++point) {
    PackFilter(points.data() + static_cast<std::size_t>(point) * count, PointShape(filter),
               packed + point * elements);
  }
}

WinogradConv::WinogradConv(const FilterShape& filter, const PictureShape& picture)
    : filter_(filter),
      picture_(picture),
      blocks_across_(CeilDivide(picture.width, kBlockColumns * kTileSide)),
      blocks_down_(CeilDivide(picture.height, kBlockRows * kTileSide)) {}

std::int64_t WinogradConv::Parts() const {
  return picture_.samples * blocks_down_ * blocks_across_;
}

// The scratch: sums, then the transformed input, then a cell of zeros.
std::int64_t WinogradConv::ScratchFloats() const {
  return kPoints * kBlockTiles * (kSumColumns + filter_.in) + filter_.in;
}

WinogradConv::Block WinogradConv::BlockOf(std::int64_t part) const {
  const std::int64_t place = part % (blocks_down_ * blocks_across_);
  Block block;
  block.sample = part / (blocks_down_ * blocks_across_);
  block.top = place / blocks_across_ * kBlockRows * kTileSide;
  block.left = place % blocks_across_ * kBlockColumns * kTileSide;
  block.rows = std::min(kBlockRows, CeilDivide(picture_.height - block.top, kTileSide));
  block.columns = std::min(kBlockColumns, CeilDivide(picture_.width - block.left, kTileSide));
  return block;
}

void WinogradConv::TransformInput(const Block& block, const float* in, float* scratch) const {
  static const bool wide = HasWideVectors();
  const std::int64_t channels = filter_.in;
  const float* const sample = in + block.sample * picture_.height * picture_.width * channels;
  float* const transformed = scratch + kPoints * kBlockTiles * kSumColumns;
  float* const zeros = transformed + kPoints * kBlockTiles * channels;
  std::fill_n(zeros, channels, 0.0F);
  std::array<const float*, kPoints> cells{};
  for (std::int64_t tile = 0; tile < block.Tiles(); ++tile) {
    for (std::int64_t i = 0; i < kPoints; ++i) {
      const std::int64_t y = block.TopOf(tile) + i / kReadSide - 1;
      const std::int64_t x = block.LeftOf(tile) + i % kReadSide - 1;
      const bool inside = y >= 0 && y < picture_.height && x >= 0 && x < picture_.width;
      cells[static_cast<std::size_t>(i)] =
          inside ? sample + (y * picture_.width + x) * channels : zeros;
    }
    (wide ? TransformWide : TransformNarrow)(cells, channels, kBlockTiles * channels,
                                             transformed + tile * channels);
  }
}

void WinogradConv::SumColumns(const Block& block,
                              std::int64_t column,
                              const float* packed,
                              float* scratch) const {
  const std::int64_t channels = filter_.in;
  const std::int64_t columns = PanelColumns(filter_.out);
  const std::int64_t end = std::min(column + kSumColumns, filter_.out);
  const std::int64_t rows = CeilDivide(block.Tiles(), kPassCells) * kPassCells;
  std::array<std::int64_t, kBlockTiles> cells{};
  for (std::int64_t row = 0; row < rows; ++row) {
    // Rows behind the last one repeat it; nobody reads their sums.
    cells[static_cast<std::size_t>(row)] = std::min(row, block.Tiles() - 1) * channels;
  }
  const std::int64_t tap = 0;
  const std::int64_t elements = models::PackedElements(PointShape(filter_));
  const float* const transformed = scratch + kPoints * kBlockTiles * kSumColumns;
  Pass pass;
  pass.taps = &tap;
  pass.tap_count = 1;
  pass.columns = columns;
  for (std::int64_t point = 0; point < kPoints; ++point) {
    float* const sums = scratch + point * kBlockTiles * kSumColumns;
    std::fill_n(sums, rows * kSumColumns, 0.0F);
    for (std::int64_t begin = 0; begin < channels; begin += kDepth) {
      pass.patch = transformed + point * kBlockTiles * channels + begin;
      pass.depth = std::min(kDepth, channels - begin);
      for (std::int64_t first = column; first < end; first += columns) {
        pass.panel = packed + point * elements + first * channels + begin * columns;
        for (std::int64_t row = 0; row < rows; row += kPassCells) {
          pass.cells = cells.data() + row;
          pass.sums = sums + row * kSumColumns + first - column;
          SumPanel(pass);
        }
      }
    }
  }
}

void WinogradConv::TransformOutput(const Block& block,
                                   std::int64_t column,
                                   const ConvOperands<float>& operands,
                                   const float* sums) const {
  static const bool wide = HasWideVectors();
  const std::int64_t count = std::min(kSumColumns, filter_.out - column);
  std::array<float, kSumColumns> bias{};
  if (operands.bias != nullptr) {
    std::copy_n(operands.bias + column, count, bias.begin());
  }
  float* const sample =
      operands.out + block.sample * picture_.height * picture_.width * filter_.out + column;
  std::array<float*, kTileSide * kTileSide> cells{};
  for (std::int64_t tile = 0; tile < block.Tiles(); ++tile) {
    for (std::int64_t i = 0; i < kTileSide * kTileSide; ++i) {
      const std::int64_t y = block.TopOf(tile) + i / kTileSide;
      const std::int64_t x = block.LeftOf(tile) + i % kTileSide;
      const bool inside = y < picture_.height && x < picture_.width;
      cells[static_cast<std::size_t>(i)] =
          inside ? sample + (y * picture_.width + x) * filter_.out : nullptr;
    }
    (wide ? FinishWide : FinishNarrow)(sums + tile * kSumColumns, count, kBlockTiles * kSumColumns,
                                       bias.data(), cells);
  }
}

void WinogradConv::Compute(std::int64_t begin,
                           std::int64_t end,
                           const ConvOperands<float>& operands,
                           float* scratch) const {
  for (std::int64_t part = begin; part < end; ++part) {
    const Block block = BlockOf(part);
    TransformInput(block, operands.in, scratch);
    for (std::int64_t column = 0; column < filter_.out; column += kSumColumns) {
      SumColumns(block, column, operands.packed, scratch);
      TransformOutput(block, column, operands, scratch);
    }
  }
}

}  // namespace weft::models
