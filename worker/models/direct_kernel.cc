#include "worker/models/direct_kernel.h"

#include <cstring>

#include "worker/models/lanes.h"

namespace weft::models {
namespace {

// Sums of six cells stay in registers: with vectors of sixteen floats, 24 of 32 by four vectors of
// columns; with vectors of eight, 12 of 16 by two.
constexpr std::int64_t kWideVectors = 4;
constexpr std::int64_t kNarrowVectors = 2;
constexpr std::int64_t kWideColumns = kWideVectors * kFloats<Lanes>;
constexpr std::int64_t kNarrowColumns = kNarrowVectors * kFloats<HalfLanes>;
static_assert(kSumColumns % kWideColumns == 0 && kSumColumns % kNarrowColumns == 0);

template <typename Vector, std::int64_t Vectors>
[[gnu::always_inline]] inline void AddProducts(const Vector (&columns)[Vectors],
                                               float cell,
                                               Vector (&sums)[Vectors]) {
#pragma GCC unroll 4
  for (std::int64_t v = 0; v < Vectors; ++v) {
    sums[v] += columns[v] * cell;
  }
}

// Written out cell by cell: kept in an array, their addresses would lie in memory.
template <typename Vector, std::int64_t Vectors>
[[gnu::always_inline]] inline void SumPanelOf(const Pass& pass) {
  static_assert(kPassCells == 6);
  Vector sums[kPassCells][Vectors] = {};
  const float* panel = pass.panel;
  const std::int64_t depth = pass.depth;
  for (std::int64_t tap = 0; tap < pass.tap_count; ++tap) {
    const float* const patch = pass.patch + pass.taps[tap];
    const float* const cell0 = patch + pass.cells[0];
    const float* const cell1 = patch + pass.cells[1];
    const float* const cell2 = patch + pass.cells[2];
    const float* const cell3 = patch + pass.cells[3];
    const float* const cell4 = patch + pass.cells[4];
    const float* const cell5 = patch + pass.cells[5];
    for (std::int64_t k = 0; k < depth; ++k) {
      Vector columns[Vectors];
#pragma GCC unroll 4
      for (std::int64_t v = 0; v < Vectors; ++v) {
        Load(panel + v * kFloats<Vector>, columns[v]);
      }
      AddProducts(columns, cell0[k], sums[0]);
      AddProducts(columns, cell1[k], sums[1]);
      AddProducts(columns, cell2[k], sums[2]);
      AddProducts(columns, cell3[k], sums[3]);
      AddProducts(columns, cell4[k], sums[4]);
      AddProducts(columns, cell5[k], sums[5]);
      panel += Vectors * kFloats<Vector>;
    }
  }
#pragma GCC unroll 6
  for (std::int64_t cell = 0; cell < kPassCells; ++cell) {
#pragma GCC unroll 4
    for (std::int64_t v = 0; v < Vectors; ++v) {
      float* const at = pass.sums + cell * kSumColumns + v * kFloats<Vector>;
      Vector sum;
      Load(at, sum);
      sum += sums[cell][v];
      Store(sum, at);
    }
  }
}

WEFT_WIDE_CPU void SumWidePanel(const Pass& pass) {
  SumPanelOf<Lanes, kWideVectors>(pass);
}

WEFT_OTHER_CPU void SumNarrowPanel(const Pass& pass) {
  SumPanelOf<HalfLanes, kNarrowVectors>(pass);
}

}  // namespace

std::int64_t PanelColumns(std::int64_t out) {
  static const bool wide = HasWideVectors();
  return wide && out > kNarrowColumns ? kWideColumns : kNarrowColumns;
}

void SumPanel(const Pass& pass) {
  pass.columns == kWideColumns ? SumWidePanel(pass) : SumNarrowPanel(pass);
}

void Widen(const float* from, std::int64_t count, float* to) {
  std::memcpy(to, from, static_cast<std::size_t>(count) * sizeof(float));
}

void Narrow(const float* from, std::int64_t count, float* to) {
  std::memcpy(to, from, static_cast<std::size_t>(count) * sizeof(float));
}

WEFT_EVERY_CPU void Widen(const std::uint16_t* from, std::int64_t count, float* to) {
  std::int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    Lanes lanes;
    LoadBfloat16(from + i, lanes);
    Store(lanes, to + i);
  }
  for (; i < count; ++i) {
    to[i] = FromBfloat16(from[i]);
  }
}

WEFT_EVERY_CPU void Narrow(const float* from, std::int64_t count, std::uint16_t* to) {
  std::int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    Lanes lanes;
    Load(from + i, lanes);
    StoreBfloat16(lanes, to + i);
  }
  for (; i < count; ++i) {
    to[i] = ToBfloat16(from[i]);
  }
}

}  // namespace weft::models
