#include "worker/models/tiled_attention.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <limits>
#include <vector>

#include "worker/models/lanes.h"

namespace weft::models {
namespace {

// Queries that one pass of the innermost loops takes, and the vectors of keys (or of values' width)
// beside them: twelve sums hide the latency of a fused multiply-add.
constexpr int kRows = 4;
constexpr int kVectorsMax = 3;
// A tile's queries, and its keys: 40 to 160 wide heads' tiles fit into the second-level cache.
constexpr std::int64_t kQueries = 32;
constexpr std::int64_t kKeys = 96;
constexpr float kLowest = -std::numeric_limits<float>::max();

std::int64_t RoundUp(std::int64_t value, std::int64_t step) {
  return (value + step - 1) / step * step;
}

[[gnu::always_inline]] inline void Load(const float* from, Lanes& to) {
  std::memcpy(&to, from, sizeof to);
}

[[gnu::always_inline]] inline void Store(const Lanes& from, float* to) {
  std::memcpy(to, &from, sizeof from);
}

// Keys [block][width][kKeys], so that neighbouring lanes are neighbouring keys; values
// [key][width up to whole lanes]. What lies beyond the last key, or the width, is zero.
struct Packed {
  Packed(const HeadRows& keys_in, const HeadRows& values_in, std::int64_t width_in)
      : count(keys_in.count),
        width(width_in),
        padded_width(RoundUp(width_in, kLanes)),
        keys(static_cast<std::size_t>(RoundUp(count, kKeys) * width)),
        values(static_cast<std::size_t>(RoundUp(count, kKeys) * padded_width)) {
    for (std::int64_t key = 0; key < count; ++key) {
      const float* from = keys_in.first + key * keys_in.stride;
      float* to = keys.data() + key / kKeys * kKeys * width + key % kKeys;
      for (std::int64_t d = 0; d < width; ++d) {
        to[d * kKeys] = from[d];
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

// What becomes of kQueries queries while the keys pass by.
struct Tile {
  explicit Tile(const Packed& packed)
      : queries(static_cast<std::size_t>(packed.width * kQueries)),
        sums(static_cast<std::size_t>(packed.padded_width * kQueries)) {}

  void Begin(const HeadRows& rows, std::int64_t first, std::int64_t width) {
    for (std::int64_t row = 0; row < kQueries; ++row) {
      // Rows behind the last query repeat it.
      const float* from = rows.first + std::min(first + row, rows.count - 1) * rows.stride;
      for (std::int64_t d = 0; d < width; ++d) {
        queries[static_cast<std::size_t>(d * kQueries + row)] = from[d];
      }
    }
    std::fill(sums.begin(), sums.end(), 0.0F);
    highest.fill(kLowest);
    weights.fill(Lanes{});
  }

  std::vector<float> queries;  // [width][kQueries]
  std::vector<float> sums;     // Of values, weighted: [kQueries][padded width]
  std::array<float, kQueries> highest{};
  std::array<Lanes, kQueries> weights{};
  alignas(64) std::array<float, kQueries * kKeys> scores{};  // Then the keys' shares.
};

// Loops over rows and vectors are unrolled: only then do the sums stay in registers.

// scores[row][key] = query . key for kRows rows and kVectors vectors of keys.
template <int kVectors>
[[gnu::always_inline]] inline void Multiply(const float* queries,
                                            const float* keys,
                                            std::int64_t width,
                                            float* scores) {
  Lanes sum[kRows][kVectors] = {};
  for (std::int64_t d = 0; d < width; ++d) {
    Lanes key[kVectors];
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) {
      Load(keys + d * kKeys + v * kLanes, key[v]);
    }
#pragma GCC unroll 4
    for (int row = 0; row < kRows; ++row) {
      const float query = queries[d * kQueries + row];
#pragma GCC unroll 4
      for (int v = 0; v < kVectors; ++v) {
        sum[row][v] += query * key[v];
      }
    }
  }
#pragma GCC unroll 4
  for (int row = 0; row < kRows; ++row) {
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) {
      Store(sum[row][v], scores + row * kKeys + v * kLanes);
    }
  }
}

// sums[row] += shares[row][key] * value[key], for kRows rows and kVectors vectors of the width.
template <int kVectors>
[[gnu::always_inline]] inline void Gather(const float* shares,
                                          const float* values,
                                          std::int64_t key_count,
                                          std::int64_t padded_width,
                                          float* sums) {
  Lanes sum[kRows][kVectors];
#pragma GCC unroll 4
  for (int row = 0; row < kRows; ++row) {
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) {
      Load(sums + row * padded_width + v * kLanes, sum[row][v]);
    }
  }
  for (std::int64_t key = 0; key < key_count; ++key) {
    Lanes value[kVectors];
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) {
      Load(values + key * padded_width + v * kLanes, value[v]);
    }
#pragma GCC unroll 4
    for (int row = 0; row < kRows; ++row) {
      const float share = shares[row * kKeys + key];
#pragma GCC unroll 4
      for (int v = 0; v < kVectors; ++v) {
        sum[row][v] += share * value[v];
      }
    }
  }
#pragma GCC unroll 4
  for (int row = 0; row < kRows; ++row) {
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) {
      Store(sum[row][v], sums + row * padded_width + v * kLanes);
    }
  }
}

// Of the lanes, by halves.
[[gnu::always_inline]] inline float Highest(const Lanes& lanes) {
  Lanes x = lanes;
  Lanes y = __builtin_shufflevector(x, x, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7);
  x = x > y ? x : y;
  y = __builtin_shufflevector(x, x, 4, 5, 6, 7, 0, 1, 2, 3, 4, 5, 6, 7, 0, 1, 2, 3);
  x = x > y ? x : y;
  y = __builtin_shufflevector(x, x, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1);
  x = x > y ? x : y;
  return std::max(x[0], x[1]);
}

// Turns one row's scores into shares of the highest score so far; earlier sums and weights are
// scaled down where that rises.
[[gnu::always_inline]] inline void Share(float* scores,
                                         std::int64_t key_count,
                                         std::int64_t padded_width,
                                         float& highest,
                                         Lanes& weight,
                                         float* sums) {
  const std::int64_t whole = RoundUp(key_count, kLanes);
  for (std::int64_t key = key_count; key < whole; ++key) {
    scores[key] = kLowest;
  }
  Lanes top = Lanes{} + highest;
  for (std::int64_t key = 0; key < whole; key += kLanes) {
    Lanes score;
    Load(scores + key, score);
    top = top > score ? top : score;
  }
  const float now = Highest(top);
  if (now > highest) {
    Lanes shrink = Lanes{} + (highest - now);
    Exp(shrink);
    weight *= shrink;
    for (std::int64_t d = 0; d < padded_width; d += kLanes) {
      Lanes sum;
      Load(sums + d, sum);
      Store(sum * shrink, sums + d);
    }
    highest = now;
  }
  for (std::int64_t key = 0; key < whole; key += kLanes) {
    Lanes share;
    Load(scores + key, share);
    share -= now;
    Exp(share);
    Store(share, scores + key);
    weight += share;
  }
}

// How many vectors the next pass takes of those that are left: threes, but no single one at the end
// where two twos do.
constexpr std::int64_t NextVectors(std::int64_t left) {
  return left == 4 ? 2 : std::min<std::int64_t>(left, kVectorsMax);
}

[[gnu::always_inline]] inline void MultiplyRows(const float* queries,
                                                const float* keys,
                                                std::int64_t width,
                                                std::int64_t vectors,
                                                float* scores) {
  for (std::int64_t at = 0; at < vectors;) {
    const std::int64_t now = NextVectors(vectors - at);
    const float* from = keys + at * kLanes;
    float* to = scores + at * kLanes;
    if (now == 3) {
      Multiply<3>(queries, from, width, to);
    } else if (now == 2) {
      Multiply<2>(queries, from, width, to);
    } else {
      Multiply<1>(queries, from, width, to);
    }
    at += now;
  }
}

[[gnu::always_inline]] inline void GatherRows(const float* shares,
                                              const float* values,
                                              std::int64_t key_count,
                                              std::int64_t padded_width,
                                              float* sums) {
  const std::int64_t vectors = padded_width / kLanes;
  for (std::int64_t at = 0; at < vectors;) {
    const std::int64_t now = NextVectors(vectors - at);
    const float* from = values + at * kLanes;
    float* to = sums + at * kLanes;
    if (now == 3) {
      Gather<3>(shares, from, key_count, padded_width, to);
    } else if (now == 2) {
      Gather<2>(shares, from, key_count, padded_width, to);
    } else {
      Gather<1>(shares, from, key_count, padded_width, to);
    }
    at += now;
  }
}

WEFT_EVERY_CPU void PassKeys(const Packed& packed, Tile& tile) {
  const std::int64_t width = packed.width;
  const std::int64_t padded_width = packed.padded_width;
  for (std::int64_t first = 0; first < packed.count; first += kKeys) {
    const std::int64_t key_count = std::min(kKeys, packed.count - first);
    const std::int64_t vectors = (key_count + kLanes - 1) / kLanes;
    for (std::int64_t row = 0; row < kQueries; row += kRows) {
      float* scores = tile.scores.data() + row * kKeys;
      float* sums = tile.sums.data() + row * padded_width;
      MultiplyRows(tile.queries.data() + row, packed.keys.data() + first * width, width, vectors,
                   scores);
      for (std::int64_t r = 0; r < kRows; ++r) {
        const auto index = static_cast<std::size_t>(row + r);
        Share(scores + r * kKeys, key_count, padded_width, tile.highest[index], tile.weights[index],
              sums + r * padded_width);
      }
      GatherRows(scores, packed.values.data() + first * padded_width, key_count, padded_width,
                 sums);
    }
  }
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
  for (std::int64_t first = 0; first < queries.count; first += kQueries) {
    tile.Begin(queries, first, width);
    PassKeys(packed, tile);
    for (std::int64_t row = 0; row < std::min(kQueries, queries.count - first); ++row) {
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
