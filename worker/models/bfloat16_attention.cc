#include "worker/models/bfloat16_attention.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstring>
#include <numeric>
#include <vector>

#include <immintrin.h>

#include "worker/models/attention_tiles.h"

// What is compiled for these CPUs only; what it calls is always inlined into it.
#define WEFT_BFLOAT16_CPU [[gnu::target("avx512f,avx512bw,avx512vl,avx512bf16")]]
#define WEFT_BFLOAT16_INLINE \
  [[gnu::always_inline, gnu::target("avx512f,avx512bw,avx512vl,avx512bf16")]] inline

namespace weft::models {
namespace {

// Below every score, and far enough from the end of the numbers to be calculated with.
constexpr float kLowest = -1e30F;
constexpr double kLog2E = 1.44269504088896341;
constexpr int kLanes = 16;  // float32 in a register.
constexpr int kPair = 2;
constexpr unsigned kHalfBits = 16;

// Two bfloat16 in one word, the first one low: what one multiply-add takes of each lane.
std::uint32_t PairOf(std::uint16_t first, std::uint16_t second) {
  return static_cast<std::uint32_t>(first) | static_cast<std::uint32_t>(second) << kHalfBits;
}

// Pair p of a row, with zero behind the row's end.
std::uint32_t PairAt(const std::uint16_t* row, std::int64_t width, std::int64_t p) {
  const bool whole = kPair * p + 1 < width;
  return PairOf(row[kPair * p], whole ? row[kPair * p + 1] : std::uint16_t{0});
}

// Keys [block][pair of the width][kTileKeys], so that neighbouring lanes are neighbouring keys;
// values [pair of keys][width up to whole lanes]. What lies beyond the end is zero.
struct Packed {
  Packed(const Bfloat16Rows& keys_in, const Bfloat16Rows& values_in, std::int64_t width)
      : count(keys_in.count),
        pairs((width + 1) / kPair),
        padded_width(RoundUp(width, kLanes)),
        keys(static_cast<std::size_t>(RoundUp(count, kTileKeys) * pairs)),
        values(static_cast<std::size_t>(RoundUp(count, kTileKeys) / kPair * padded_width)) {
    for (std::int64_t key = 0; key < count; ++key) {
      const std::uint16_t* from = keys_in.first + key * keys_in.stride;
      std::uint32_t* to = keys.data() + key / kTileKeys * kTileKeys * pairs + key % kTileKeys;
      for (std::int64_t p = 0; p < pairs; ++p) {
        to[p * kTileKeys] = PairAt(from, width, p);
      }
    }
    for (std::int64_t key = 0; key < count; key += kPair) {
      const std::uint16_t* first = values_in.first + key * values_in.stride;
      const std::uint16_t* second = key + 1 < count ? first + values_in.stride : nullptr;
      std::uint32_t* to = values.data() + key / kPair * padded_width;
      for (std::int64_t d = 0; d < width; ++d) {
        to[d] = PairOf(first[d], second != nullptr ? second[d] : std::uint16_t{0});
      }
    }
  }

  std::int64_t count;
  std::int64_t pairs;
  std::int64_t padded_width;
  std::vector<std::uint32_t> keys;
  std::vector<std::uint32_t> values;
};

// What becomes of kTileQueries queries while the keys pass by.
struct Tile {
  explicit Tile(const Packed& packed)
      : queries(static_cast<std::size_t>(packed.pairs * kTileQueries)),
        sums(static_cast<std::size_t>(packed.padded_width * kTileQueries)) {}

  void Begin(const Bfloat16Rows& rows, std::int64_t first, std::int64_t width) {
    for (std::int64_t row = 0; row < kTileQueries; ++row) {
      // Rows behind the last query repeat it.
      const std::uint16_t* from = rows.first + std::min(first + row, rows.count - 1) * rows.stride;
      for (std::int64_t p = 0; p < (width + 1) / kPair; ++p) {
        queries[static_cast<std::size_t>(p * kTileQueries + row)] = PairAt(from, width, p);
      }
    }
    std::fill(sums.begin(), sums.end(), 0.0F);
    highest.fill(kLowest);
    weights.fill(0.0F);
  }

  std::vector<std::uint32_t> queries;  // [pair][kTileQueries]
  std::vector<float> sums;             // Of values, weighted: [kTileQueries][padded width]
  std::array<float, kTileQueries> highest{};
  std::array<float, kTileQueries * kLanes> weights{};
  alignas(64) std::array<float, kTileRows * kTileKeys> scores{};
  alignas(64) std::array<std::uint32_t, kTileRows * kTileKeys / kPair> shares{};  // In pairs.
};

// sums[row][lane] += scalar[row][step] . vector[step][lane], of pairs.
struct Products {
  const std::uint32_t* scalars;
  std::int64_t row_stride;   // From one row's pair to the next row's.
  std::int64_t step_stride;  // From one step's to the next step's.
  const std::uint32_t* vectors;
  std::int64_t vector_stride;
  std::int64_t steps;
  float* sums;
  std::int64_t sum_stride;
};

// For kTileRows rows and kVectors vectors. Loops over them are unrolled: only then do the sums stay
// in registers.
template <int kVectors>
WEFT_BFLOAT16_INLINE void AddProducts(const Products& p) {
  __m512 sum[kTileRows][kVectors];
#pragma GCC unroll 4
  for (int row = 0; row < kTileRows; ++row) {
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) {
      sum[row][v] = _mm512_loadu_ps(p.sums + row * p.sum_stride + v * kLanes);
    }
  }
  for (std::int64_t step = 0; step < p.steps; ++step) {
    __m512i vector[kVectors];
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) {
      vector[v] = _mm512_loadu_si512(p.vectors + step * p.vector_stride + v * kLanes);
    }
#pragma GCC unroll 4
    for (int row = 0; row < kTileRows; ++row) {
      const __m512i scalar =
          _mm512_set1_epi32(static_cast<int>(p.scalars[row * p.row_stride + step * p.step_stride]));
#pragma GCC unroll 4
      for (int v = 0; v < kVectors; ++v) {
        sum[row][v] = _mm512_dpbf16_ps(sum[row][v], reinterpret_cast<__m512bh>(scalar),
                                       reinterpret_cast<__m512bh>(vector[v]));
      }
    }
  }
#pragma GCC unroll 4
  for (int row = 0; row < kTileRows; ++row) {
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) {
      _mm512_storeu_ps(p.sums + row * p.sum_stride + v * kLanes, sum[row][v]);
    }
  }
}

// The same for any number of vectors side by side.
WEFT_BFLOAT16_INLINE void AddAllProducts(const Products& products, std::int64_t vectors) {
  Products p = products;
  while (vectors > 0) {
    const std::int64_t now = NextVectors(vectors);
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

// 2^x for x up to about 0, to four digits, which is more than bfloat16 holds; 0 where x is very
// low. A polynomial of least squares for the relative error, between -1/2 and 1/2.
WEFT_BFLOAT16_INLINE __m512 PowerOfTwo(__m512 x) {
  const __m512 whole = _mm512_roundscale_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  const __m512 rest = _mm512_sub_ps(x, whole);
  __m512 p = _mm512_set1_ps(9.5605102e-3F);
  p = _mm512_fmadd_ps(p, rest, _mm512_set1_ps(5.5917039e-2F));
  p = _mm512_fmadd_ps(p, rest, _mm512_set1_ps(0.24024981F));
  p = _mm512_fmadd_ps(p, rest, _mm512_set1_ps(0.69312197F));
  p = _mm512_fmadd_ps(p, rest, _mm512_set1_ps(0.99999919F));
  return _mm512_scalef_ps(p, whole);
}

// One row of a tile.
struct Row {
  float* scores;
  std::uint32_t* shares;  // Of two keys each.
  float* sums;
  float* highest;
  float* weights;  // kLanes of them.
};

// Turns the row's scores into shares of the highest score so far; earlier sums and weights are
// scaled down where that rises. log_scale: the scores' scale, times log2(e).
WEFT_BFLOAT16_INLINE void Share(const Row& row,
                                std::int64_t key_count,
                                std::int64_t padded_width,
                                float log_scale) {
  const std::int64_t whole = RoundUp(key_count, kLanes);
  for (std::int64_t key = key_count; key < whole; ++key) {
    row.scores[key] = kLowest;
  }
  __m512 top = _mm512_set1_ps(*row.highest);
  for (std::int64_t key = 0; key < whole; key += kLanes) {
    top = _mm512_max_ps(top, _mm512_loadu_ps(row.scores + key));
  }
  const float now = _mm512_reduce_max_ps(top);
  __m512 weight = _mm512_loadu_ps(row.weights);
  if (now > *row.highest) {
    const __m512 shrink = PowerOfTwo(_mm512_set1_ps((*row.highest - now) * log_scale));
    weight = _mm512_mul_ps(weight, shrink);
    for (std::int64_t d = 0; d < padded_width; d += kLanes) {
      _mm512_storeu_ps(row.sums + d, _mm512_mul_ps(_mm512_loadu_ps(row.sums + d), shrink));
    }
    *row.highest = now;
  }
  const __m512 scale = _mm512_set1_ps(log_scale);
  const __m512 shift = _mm512_set1_ps(now * log_scale);
  for (std::int64_t key = 0; key < whole; key += kLanes) {
    const __m512 share =
        PowerOfTwo(_mm512_fmsub_ps(_mm512_loadu_ps(row.scores + key), scale, shift));
    weight = _mm512_add_ps(weight, share);
    const __m256bh rounded = _mm512_cvtneps_pbh(share);
    std::memcpy(row.shares + key / kPair, &rounded, sizeof rounded);
  }
  _mm512_storeu_ps(row.weights, weight);
}

WEFT_BFLOAT16_CPU void PassKeys(const Packed& packed, float log_scale, Tile& tile) {
  const std::int64_t padded_width = packed.padded_width;
  for (std::int64_t first = 0; first < packed.count; first += kTileKeys) {
    const std::int64_t key_count =
        packed.count - first < kTileKeys ? packed.count - first : kTileKeys;
    for (std::int64_t row = 0; row < kTileQueries; row += kTileRows) {
      float* scores = tile.scores.data();
      float* sums = tile.sums.data() + row * padded_width;
      std::memset(scores, 0, sizeof tile.scores);
      AddAllProducts(
          {tile.queries.data() + row, 1, kTileQueries, packed.keys.data() + first * packed.pairs,
           kTileKeys, packed.pairs, scores, kTileKeys},
          (key_count + kLanes - 1) / kLanes);
      for (std::int64_t r = 0; r < kTileRows; ++r) {
        Share({scores + r * kTileKeys, tile.shares.data() + r * kTileKeys / kPair,
               sums + r * padded_width, tile.highest.data() + row + r,
               tile.weights.data() + (row + r) * kLanes},
              key_count, padded_width, log_scale);
      }
      AddAllProducts({tile.shares.data(), kTileKeys / kPair, 1,
                      packed.values.data() + first / kPair * padded_width, padded_width,
                      (key_count + 1) / kPair, sums, padded_width},
                     padded_width / kLanes);
    }
  }
}

// To the nearest, halves to even; finite values only.
std::uint16_t Rounded(float value) {
  std::uint32_t bits = 0;
  std::memcpy(&bits, &value, sizeof bits);
  constexpr std::uint32_t kBelowHalf = 0x7FFF;
  return static_cast<std::uint16_t>((bits + kBelowHalf + (bits >> kHalfBits & 1U)) >> kHalfBits);
}

}  // namespace

bool MultipliesBfloat16() {
  return __builtin_cpu_supports("avx512bf16") != 0 && __builtin_cpu_supports("avx512bw") != 0 &&
         __builtin_cpu_supports("avx512vl") != 0;
}

void AttendInBfloat16(const Bfloat16Rows& queries,
                      const Bfloat16Rows& keys,
                      const Bfloat16Rows& values,
                      std::int64_t width,
                      float scale,
                      std::uint16_t* out) {
  assert(keys.count > 0 && values.count == keys.count);
  const auto log_scale = static_cast<float>(scale * kLog2E);
  const Packed packed(keys, values, width);
  Tile tile(packed);
  for (std::int64_t first = 0; first < queries.count; first += kTileQueries) {
    tile.Begin(queries, first, width);
    PassKeys(packed, log_scale, tile);
    for (std::int64_t row = 0; row < std::min(kTileQueries, queries.count - first); ++row) {
      const float* weights = tile.weights.data() + row * kLanes;
      const float sum = std::accumulate(weights, weights + kLanes, 0.0F);
      const float* from = tile.sums.data() + row * packed.padded_width;
      std::uint16_t* to = out + (first + row) * queries.stride;
      for (std::int64_t d = 0; d < width; ++d) {
        to[d] = Rounded(from[d] / sum);
      }
    }
  }
}

}  // namespace weft::models
