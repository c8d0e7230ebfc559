#include "worker/models/tiled_attention.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <limits>
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
    weights.fill(Lanes{});
  }

  std::vector<float> queries;  // [width][kTileQueries]
  std::vector<float> sums;     // Of values, weighted: [kTileQueries][padded width]
  std::array<float, kTileQueries> highest{};
  std::array<Lanes, kTileQueries> weights{};
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
template <int Vectors>
[[gnu::always_inline]] inline void AddProducts(const Products& p) {
  Lanes sum[kTileRows][Vectors];
#pragma GCC unroll 4
  for (std::int64_t row = 0; row < kTileRows; ++row) {
#pragma GCC unroll 4
    for (std::int64_t v = 0; v < Vectors; ++v) {
      Load(p.sums + row * p.sum_stride + v * kLanes, sum[row][v]);
    }
  }
  for (std::int64_t step = 0; step < p.steps; ++step) {
    Lanes vector[Vectors];
#pragma GCC unroll 4
    for (std::int64_t v = 0; v < Vectors; ++v) {
      Load(p.vectors + step * p.vector_stride + v * kLanes, vector[v]);
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
      Store(sum[row][v], p.sums + row * p.sum_stride + v * kLanes);
    }
  }
}

// The same for any number of vectors side by side: up to three at a time, or one by one where the
// CPU's registers are too few and narrow for the sums of more. That changes no sum.
template <bool Narrow>
[[gnu::always_inline]] inline void AddAllProducts(Products p, std::int64_t vectors) {
  while (vectors > 0) {
    const std::int64_t now = Narrow ? 1 : NextVectors(vectors);
    if (now == 3) {
      AddProducts<3>(p);
    } else if (now == 2) {
      AddProducts<2>(p);
    } else {
      AddProducts<1>(p);
    }
    p.vectors += now * kLanes;
    p.sums += now * kLanes;
    vectors -= now;
  }
}

template <bool Narrow>
[[gnu::always_inline]] inline void GreaterOf(const Lanes& a, const Lanes& b, Lanes& greater) {
  if constexpr (Narrow) {
    GreaterByHalves(a, b, greater);
  } else {
    greater = a > b ? a : b;
  }
}

// Of x that is at most 0.
template <bool Narrow>
[[gnu::always_inline]] inline void Exponential(Lanes& x) {
  if constexpr (Narrow) {
    ExpOfNegativeByHalves(x);
  } else {
    ExpOfNegative(x);
  }
}

// One query's part of a tile.
struct Row {
  float* scores;  // Of key_count keys; there is room up to whole lanes.
  std::int64_t key_count;
  float& highest;
  Lanes& weight;
  float* sums;
  std::int64_t padded_width;
};

// Turns the row's scores into shares of the highest score so far; earlier sums and weights are
// scaled down where that rises.
template <bool Narrow>
[[gnu::always_inline]] inline void Share(const Row& row) {
  const std::int64_t whole = RoundUp(row.key_count, kLanes);
  for (std::int64_t key = row.key_count; key < whole; ++key) {
    row.scores[key] = kLowest;
  }
  Lanes top = Lanes{} + row.highest;
  for (std::int64_t key = 0; key < whole; key += kLanes) {
    Lanes score;
    Load(row.scores + key, score);
    GreaterOf<Narrow>(top, score, top);
  }
  const float now = Highest(top);
  if (now > row.highest) {
    Lanes shrink = Lanes{} + (row.highest - now);
    Exponential<Narrow>(shrink);
    row.weight *= shrink;
    for (std::int64_t d = 0; d < row.padded_width; d += kLanes) {
      Lanes sum;
      Load(row.sums + d, sum);
      Store(sum * shrink, row.sums + d);
    }
    row.highest = now;
  }
  for (std::int64_t key = 0; key < whole; key += kLanes) {
    Lanes share;
    Load(row.scores + key, share);
    share -= now;
    Exponential<Narrow>(share);
    Store(share, row.scores + key);
    row.weight += share;
  }
}

template <bool Narrow>
[[gnu::always_inline]] inline void PassKeys(const Packed& packed, Tile& tile) {
  const std::int64_t width = packed.width;
  const std::int64_t padded_width = packed.padded_width;
  for (std::int64_t first = 0; first < packed.count; first += kTileKeys) {
    const std::int64_t key_count = std::min(kTileKeys, packed.count - first);
    const std::int64_t vectors = (key_count + kLanes - 1) / kLanes;
    for (std::int64_t row = 0; row < kTileQueries; row += kTileRows) {
      float* scores = tile.scores.data() + row * kTileKeys;
      float* sums = tile.sums.data() + row * padded_width;
      std::fill_n(scores, kTileRows * kTileKeys, 0.0F);
      AddAllProducts<Narrow>(
          {tile.queries.data() + row, 1, kTileQueries, packed.keys.data() + first * width,
           kTileKeys, width, scores, kTileKeys},
          vectors);
      for (std::int64_t r = 0; r < kTileRows; ++r) {
        const auto index = static_cast<std::size_t>(row + r);
        Share<Narrow>({scores + r * kTileKeys, key_count, tile.highest[index], tile.weights[index],
                       sums + r * padded_width, padded_width});
      }
      AddAllProducts<Narrow>({scores, kTileKeys, 1, packed.values.data() + first * padded_width,
                              padded_width, key_count, sums, padded_width},
                             padded_width / kLanes);
    }
  }
}

// Thirty-two registers of sixteen floats, or fewer and smaller ones.
[[gnu::target("arch=x86-64-v4")]] void PassKeysWide(const Packed& packed, Tile& tile) {
  PassKeys<false>(packed, tile);
}

[[gnu::target_clones("arch=x86-64-v3", "default")]] void PassKeysNarrow(const Packed& packed,
                                                                        Tile& tile) {
  PassKeys<true>(packed, tile);
}

// Whether the CPU has all of x86-64-v4.
bool IsWide() {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512vl");
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
  const auto pass_keys = IsWide() ? PassKeysWide : PassKeysNarrow;
  for (std::int64_t first = 0; first < queries.count; first += kTileQueries) {
    tile.Begin(queries, first, width);
    pass_keys(packed, tile);
    for (std::int64_t row = 0; row < std::min(kTileQueries, queries.count - first); ++row) {
      const Lanes& weight = tile.weights[static_cast<std::size_t>(row)];
      float sum = 0.0F;
      for (int lane = 0; lane < kLanes; ++lane) {
        sum += weight[lane];
      }
      const float* from = tile.sums.data() + row * packed.padded_width;
      float* to = out + (first + row) * queries.stride;
      for (std::int64_t d = 0; d < width; ++d) {
        to[d] = from[d] / sum;
      }
    }
  }
}

}  // namespace weft::models
