#include "worker/models/narrow_attention.h"

#include <algorithm>
#include <array>
#include <limits>

#include "worker/models/lanes.h"

namespace weft::models {
namespace {

// Scores of a run of keys stay in the first-level cache.
constexpr std::int64_t kRun = 64;

// As many queries side by side as a vector has floats.
template <typename Vector, int Width>
struct Head {
  std::array<Vector, Width> query = {};
  std::array<Vector, Width> sum = {};  // Of values, weighted.
  Vector weight = {};
  Vector highest = Vector{} - std::numeric_limits<float>::max();
};

// Takes the keys [begin, end) into the sums; earlier sums are scaled down where scores rise.
// Loops over the width are unrolled: only then do queries and sums stay in registers.
template <typename Vector, int Width>
[[gnu::always_inline]] inline void TakeRun(Head<Vector, Width>& head,
                                           const HeadRows& keys,
                                           const HeadRows& values,
                                           std::int64_t begin,
                                           std::int64_t end) {
  // Those of [begin, end) are written before they are read.
  std::array<Vector, kRun> scores;  // NOLINT(cppcoreguidelines-pro-type-member-init)
  const std::array<Vector, Width> query = head.query;
  Vector highest = head.highest;
  for (std::int64_t i = begin; i < end; ++i) {
    const float* key = keys.first + i * keys.stride;
    Vector score = query[0] * key[0];
#pragma GCC unroll 16
    for (int d = 1; d < Width; ++d) {
      score += query[d] * key[d];
    }
    scores[static_cast<std::size_t>(i - begin)] = score;
    highest = highest > score ? highest : score;
  }
  Vector shrink = head.highest - highest;
  ExpOfNegative(shrink);
  head.highest = highest;
  Vector weight = head.weight * shrink;
  std::array<Vector, Width> sum = head.sum;
#pragma GCC unroll 16
  for (int d = 0; d < Width; ++d) {
    sum[d] *= shrink;
  }
  for (std::int64_t i = begin; i < end; ++i) {
    const float* value = values.first + i * values.stride;
    Vector share = scores[static_cast<std::size_t>(i - begin)] - highest;
    ExpOfNegative(share);
    weight += share;
#pragma GCC unroll 16
    for (int d = 0; d < Width; ++d) {
      sum[d] += share * value[d];
    }
  }
  head.weight = weight;
  head.sum = sum;
}

template <typename Vector, int Width>
[[gnu::always_inline]] inline void AttendAll(const HeadRows& queries,
                                             const HeadRows& keys,
                                             const HeadRows& values,
                                             float* out) {
  for (std::int64_t first = 0; first < queries.count; first += kFloats<Vector>) {
    Head<Vector, Width> head;
    for (int lane = 0; lane < kFloats<Vector>; ++lane) {
      // Lanes behind the last query repeat it.
      const std::int64_t row = std::min(first + lane, queries.count - 1);
      for (int d = 0; d < Width; ++d) {
        head.query[d][lane] = queries.first[row * queries.stride + d];
      }
    }
    for (std::int64_t begin = 0; begin < keys.count; begin += kRun) {
      TakeRun(head, keys, values, begin, std::min(begin + kRun, keys.count));
    }
    for (int d = 0; d < Width; ++d) {
      const Vector mean = head.sum[d] / head.weight;
      for (std::int64_t row = first;
           row < std::min<std::int64_t>(first + kFloats<Vector>, queries.count); ++row) {
        out[row * queries.stride + d] = mean[row - first];
      }
    }
  }
}

WEFT_WIDE_CPU void Attend8Wide(const HeadRows& queries,
                               const HeadRows& keys,
                               const HeadRows& values,
                               float* out) {
  AttendAll<Lanes, 8>(queries, keys, values, out);
}

WEFT_OTHER_CPU void Attend8(const HeadRows& queries,
                            const HeadRows& keys,
                            const HeadRows& values,
                            float* out) {
  AttendAll<HalfLanes, 8>(queries, keys, values, out);
}

WEFT_WIDE_CPU void Attend16Wide(const HeadRows& queries,
                                const HeadRows& keys,
                                const HeadRows& values,
                                float* out) {
  AttendAll<Lanes, 16>(queries, keys, values, out);
}

WEFT_OTHER_CPU void Attend16(const HeadRows& queries,
                             const HeadRows& keys,
                             const HeadRows& values,
                             float* out) {
  AttendAll<HalfLanes, 16>(queries, keys, values, out);
}

}  // namespace

bool IsNarrow(std::int64_t width) {
  return width == 8 || width == 16;
}

void AttendNarrow(const HeadRows& queries,
                  const HeadRows& keys,
                  const HeadRows& values,
                  std::int64_t width,
                  float* out) {
  if (width == 8) {
    (HasWideVectors() ? Attend8Wide : Attend8)(queries, keys, values, out);
  } else {
    (HasWideVectors() ? Attend16Wide : Attend16)(queries, keys, values, out);
  }
}

}  // namespace weft::models
