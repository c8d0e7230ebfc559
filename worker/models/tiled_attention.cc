#include "worker/models/tiled_attention.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <limits>
#include <numeric>
#include <vector>

#include "worker/models/attention_tiles.h"
#include "worker/models/lanes.h"

namespace weft::models {
namespace {

constexpr float kLowest = -std::numeric_limits<float>::max();

// Keys [block][width][kTileKeys], so that neighbouring lanes are neighbouring keys; values
// [key][width up to whole lanes]. What lies beyond the last key, or the width, is zero.
struct Packed {
  Packed(const HeadRows& keys_in, const HeadRows& values_in, std::int64_t width_in)
      : count(keys_in.count),
        width(width_in),
        padded_width(RoundUp(width_in, kLanes)),
        keys(static_cast<std::size_t>(RoundUp(count, kTileKeys) * width)),
        values(static_cast<std::size_t>(RoundUp(count, kTileKeys) * padded_width)) {
    for (std::int64_t key = 0; key < count; ++key) {
      const float* from = keys_in.first + key * keys_in.stride;
      float* to = keys.data() + key / kTileKeys * kTileKeys * width + key % kTileKeys;
      for (std::int64_t d = 0; d < width; ++d) {
        to[d * kTileKeys] = from[d];
      }
      std::copy_n(values_in.first + key * values_in.stride, width,
                  values.data() + key * padded_width);
    }
  }

  std::int64_t count;
  std::int64_t width;
  std::int64_t padded_width;
  std::vector<float> keys;
  std::vector<float> values;
};

// What becomes of kTileQueries queries while the keys pass by.
struct Tile {
  explicit Tile(const Packed& packed)
      : queries(static_cast<std::size_t>(packed.width * kTileQueries)),
        sums(static_cast<std::size_t>(packed.padded_width * kTileQueries)) {}

  void Begin(const HeadRows& rows, std::int64_t first, std::int64_t width) {
    for (std::int64_t row = 0; row < kTileQueries; ++row) {
      // Rows behind the last query repeat it.
      const float* from = rows.first + std::min(first + row, rows.count - 1) * rows.stride;
      for (std::int64_t d = 0; d < width; ++d) {
        queries[static_cast<std::size_t>(d * kTileQueries + row)] = from[d];
      }
    }
    std::fill(sums.begin(), sums.end(), 0.0F);
    highest.fill(kLowest);
    weights.fill(0.0F);
  }

  std::vector<float> queries;  // [width][kTileQueries]
  std::vector<float> sums;     // Of values, weighted: [kTileQueries][padded width]
  std::array<float, kTileQueries> highest{};
  alignas(64) std::array<float, kTileQueries * kLanes> weights{};    // [kTileQueries][kLanes]
  alignas(64) std::array<float, kTileQueries * kTileKeys> scores{};  // Then the keys' shares.
};

// What a pass adds up: sums[row][lane] += scalar[row][step] * vector[step][lane].
struct Products {
  const float* scalars;
  std::int64_t row_stride;   // From one row's scalar to the next row's.
  std::int64_t step_stride;  // From one step's to the next step's.
  const float* vectors;
  std::int64_t vector_stride;
  std::int64_t steps;
  float* sums;
  std::int64_t sum_stride;
};

// For kTileRows rows and Vectors vectors. Loops over them are unrolled: only then do the sums stay
// in registers.
template <typename Vector, int Vectors>
[[gnu::always_inline]] inline void AddProducts(const Products& p) {
  Vector sum[kTileRows][Vectors];
#pragma GCC unroll 4
  for (std::int64_t row = 0; row < kTileRows; ++row) {
#pragma GCC unroll 4
    for (std::int64_t v = 0; v < Vectors; ++v) {
      Load(p.sums + row * p.sum_stride + v * kFloats<Vector>, sum[row][v]);
    }
  }
  for (std::int64_t step = 0; step < p.steps; ++step) {
    Vector vector[Vectors];
#pragma GCC unroll 4
    for (std::int64_t v = 0; v < Vectors; ++v) {
      Load(p.vectors + step * p.vector_stride + v * kFloats<Vector>, vector[v]);
    }
#pragma GCC unroll 4
    for (std::int64_t row = 0; row < kTileRows; ++row) {
      const float scalar = p.scalars[row * p.row_stride + step * p.step_stride];
#pragma GCC unroll 4
      for (std::int64_t v = 0; v < Vectors; ++v) {
        sum[row][v] += scalar * vector[v];
      }
    }
  }
#pragma GCC unroll 4
  for (std::int64_t row = 0; row < kTileRows; ++row) {
#pragma GCC unroll 4
    for (std::int64_t v = 0; v < Vectors; ++v) {
      Store(sum[row][v], p.sums + row * p.sum_stride + v * kFloats<Vector>);
    }
  }
}

// The same for any number of floats side by side, whole lanes of them, up to three vectors at a
// time.
template <typename Vector>
[[gnu::always_inline]] inline void AddAllProducts(Products p, std::int64_t floats) {
  std::int64_t vectors = floats / kFloats<Vector>;
  while (vectors > 0) {
    const std::int64_t now = NextVectors(vectors);
    if (now == 3) {
      AddProducts<Vector, 3>(p);
    } else if (now == 2) {
      AddProducts<Vector, 2>(p);
    } else {
      AddProducts<Vector, 1>(p);
    }
    p.vectors += now * kFloats<Vector>;
    p.sums += now * kFloats<Vector>;
    vectors -= now;
  }
}

// One query's part of a tile.
struct Row {
  float* scores;  // Of key_count keys; there is room up to whole lanes.
  std::int64_t key_count;
  float& highest;
  float* weights;  // kLanes; the keys' shares, summed up lane by lane.
  float* sums;
  std::int64_t padded_width;
};

// Of `count` scores, whole vectors, and of `so_far`.
template <typename Vector>
[[gnu::always_inline]] inline float HighestOf(const float* scores,
                                              std::int64_t count,
                                              float so_far) {
  Vector top = Vector{} + so_far;
  for (std::int64_t key = 0; key < count; key += kFloats<Vector>) {
    Vector score;
    Load(scores + key, score);
    top = top > score ? top : score;
  }
  float lanes[kFloats<Vector>];
  Store(top, lanes);
  float highest = lanes[0];
  for (const float lane : lanes) {
    highest = lane > highest ? lane : highest;
  }
  return highest;
}

// Scales `count` floats, whole vectors.
template <typename Vector>
[[gnu::always_inline]] inline void Shrink(float* values, std::int64_t count, const Vector& by) {
  for (std::int64_t i = 0; i < count; i += kFloats<Vector>) {
    Vector value;
    Load(values + i, value);
    Store(value * by, values + i);
  }
}

// Turns the row's scores into shares of the highest score so far; earlier sums and weights are
// scaled down where that rises.
template <typename Vector>
[[gnu::always_inline]] inline void Share(const Row& row) {
  constexpr std::int64_t kParts = kLanes / kFloats<Vector>;
  const std::int64_t whole = RoundUp(row.key_count, kLanes);
  for (std::int64_t key = row.key_count; key < whole; ++key) {
    row.scores[key] = kLowest;
  }
  const float now = HighestOf<Vector>(row.scores, whole, row.highest);
  if (now > row.highest) {
    Vector shrink = Vector{} + (row.highest - now);
    ExpOfNegative(shrink);
    Shrink(row.weights, kLanes, shrink);
    Shrink(row.sums, row.padded_width, shrink);
    row.highest = now;
  }
  Vector weights[kParts];
#pragma GCC unroll 2
  for (std::int64_t part = 0; part < kParts; ++part) {
    Load(row.weights + part * kFloats<Vector>, weights[part]);
  }
  for (std::int64_t key = 0; key < whole; key += kLanes) {
#pragma GCC unroll 2
    for (std::int64_t part = 0; part < kParts; ++part) {
      float* const scores = row.scores + key + part * kFloats<Vector>;
      Vector share;
      Load(scores, share);
      share -= now;
      ExpOfNegative(share);
      Store(share, scores);
      weights[part] += share;
    }
  }
#pragma GCC unroll 2
  for (std::int64_t part = 0; part < kParts; ++part) {
    Store(weights[part], row.weights + part * kFloats<Vector>);
  }
}

template <typename Vector>
[[gnu::always_inline]] inline void PassKeys(const Packed& packed, Tile& tile) {
  const std::int64_t width = packed.width;
  const std::int64_t padded_width = packed.padded_width;
  for (std::int64_t first = 0; first < packed.count; first += kTileKeys) {
    const std::int64_t key_count = std::min(kTileKeys, packed.count - first);
    for (std::int64_t row = 0; row < kTileQueries; row += kTileRows) {
      float* scores = tile.scores.data() + row * kTileKeys;
      float* sums = tile.sums.data() + row * padded_width;
      std::fill_n(scores, kTileRows * kTileKeys, 0.0F);
      AddAllProducts<Vector>(
          {tile.queries.data() + row, 1, kTileQueries, packed.keys.data() + first * width,
           kTileKeys, width, scores, kTileKeys},
          RoundUp(key_count, kLanes));
      for (std::int64_t r = 0; r < kTileRows; ++r) {
        const auto index = static_cast<std::size_t>(row + r);
        Share<Vector>({scores + r * kTileKeys, key_count, tile.highest[index],
                       tile.weights.data() + (row + r) * kLanes, sums + r * padded_width,
                       padded_width});
      }
      AddAllProducts<Vector>({scores, kTileKeys, 1, packed.values.data() + first * padded_width,
                              padded_width, key_count, sums, padded_width},
                             padded_width);
    }
  }
}

WEFT_WIDE_CPU void PassKeysWide(const Packed& packed, Tile& tile) {
  PassKeys<Lanes>(packed, tile);
}

WEFT_OTHER_CPU void PassKeysNarrow(const Packed& packed, Tile& tile) {
  PassKeys<HalfLanes>(packed, tile);
}

}  // namespace

void AttendInTiles(const HeadRows& queries,
                   const HeadRows& keys,
                   const HeadRows& values,
                   std::int64_t width,
                   float* out) {
  assert(keys.count > 0 && values.count == keys.count);
  const Packed packed(keys, values, width);
  Tile tile(packed);
  const auto pass_keys = HasWideVectors() ? PassKeysWide : PassKeysNarrow;
  for (std::int64_t first = 0; first < queries.count; first += kTileQueries) {
    tile.Begin(queries, first, width);
    pass_keys(packed, tile);
    for (std::int64_t row = 0; row < std::min(kTileQueries, queries.count - first); ++row) {
      const float* weights = tile.weights.data() + row * kLanes;
      const float sum = std::accumulate(weights, weights + kLanes, 0.0F);
      const float* from = tile.sums.data() + row * packed.padded_width;
      float* to = out + (first + row) * queries.stride;
      for (std::int64_t d = 0; d < width; ++d) {
        to[d] = from[d] / sum;
      }
    }
  }
}

}  // namespace weft::models
