#include "worker/models/narrow_attention.h"

#include <algorithm>
#include <array>
#include <limits>

#include "worker/models/lanes.h"

namespace weft::models {
namespace {

// Scores of a run of keys stay in the first-level cache.
constexpr std::int64_t kRun = 64;

// Sixteen queries side by side.
template <int kWidth>
struct Head {
  std::array<Lanes, kWidth> query;
  std::array<Lanes, kWidth> sum = {};  // Of values, weighted.
  Lanes weight = {};
  Lanes highest = Lanes{} - std::numeric_limits<float>::max();
};

// Takes the keys [begin, end) into the sums; earlier sums are scaled down where scores rise.
// Loops over the width are unrolled: only then do queries and sums stay in registers.
template <int kWidth>
[[gnu::always_inline]] inline void TakeRun(Head<kWidth>& head,
                                           const HeadRows& keys,
                                           const HeadRows& values,
                                           std::int64_t begin,
                                           std::int64_t end) {
  std::array<Lanes, kRun> scores;
  const std::array<Lanes, kWidth> query = head.query;
  Lanes highest = head.highest;
  for (std::int64_t i = begin; i < end; ++i) {
    const float* key = keys.first + i * keys.stride;
    Lanes score = query[0] * key[0];
#pragma GCC unroll 16
    for (int d = 1; d < kWidth; ++d) {
      score += query[d] * key[d];
    }
    scores[static_cast<std::size_t>(i - begin)] = score;
    highest = highest > score ? highest : score;
  }
  Lanes shrink = head.highest - highest;
  ExpOfNegative(shrink);
  head.highest = highest;
  Lanes weight = head.weight * shrink;
  std::array<Lanes, kWidth> sum = head.sum;
#pragma GCC unroll 16
  for (int d = 0; d < kWidth; ++d) {
    sum[d] *= shrink;
  }
  for (std::int64_t i = begin; i < end; ++i) {
    const float* value = values.first + i * values.stride;
    Lanes share = scores[static_cast<std::size_t>(i - begin)] - highest;
    ExpOfNegative(share);
    weight += share;
#pragma GCC unroll 16
    for (int d = 0; d < kWidth; ++d) {
      sum[d] += share * value[d];
    }
  }
  head.weight = weight;
  head.sum = sum;
}

template <int kWidth>
[[gnu::always_inline]] inline void AttendAll(const HeadRows& queries,
                                             const HeadRows& keys,
                                             const HeadRows& values,
                                             float* out) {
  for (std::int64_t first = 0; first < queries.count; first += kLanes) {
    Head<kWidth> head;
    for (int lane = 0; lane < kLanes; ++lane) {
      // Lanes behind the last query repeat it.
      const std::int64_t row = std::min(first + lane, queries.count - 1);
      for (int d = 0; d < kWidth; ++d) {
        head.query[d][lane] = queries.first[row * queries.stride + d];
      }
    }
    for (std::int64_t begin = 0; begin < keys.count; begin += kRun) {
      TakeRun(head, keys, values, begin, std::min(begin + kRun, keys.count));
    }
    for (int d = 0; d < kWidth; ++d) {
      const Lanes mean = head.sum[d] / head.weight;
      for (std::int64_t row = first; row < std::min(first + kLanes, queries.count); ++row) {
        out[row * queries.stride + d] = mean[row - first];
      }
    }
  }
}

WEFT_EVERY_CPU void Attend8(const HeadRows& queries,
                            const HeadRows& keys,
                            const HeadRows& values,
                            float* out) {
  AttendAll<8>(queries, keys, values, out);
}

WEFT_EVERY_CPU void Attend16(const HeadRows& queries,
                             const HeadRows& keys,
                             const HeadRows& values,
                             float* out) {
  AttendAll<16>(queries, keys, values, out);
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
    Attend8(queries, keys, values, out);
  } else {
    Attend16(queries, keys, values, out);
  }
}

}  // namespace weft::models
