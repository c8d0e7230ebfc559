// Attention in bfloat16 on CPUs that multiply it (AVX-512 BF16), in the tiles of tiled_attention.h:
// products of bfloat16 pairs are summed in float32, and the softmax is taken in float32.

#pragma once

#include <cstdint>

namespace weft::models {

// One head of some tokens: row r begins at first + r * stride. Elements are bfloat16, as bits.
struct Bfloat16Rows {
  const std::uint16_t* first = nullptr;
  std::int64_t stride = 0;
  std::int64_t count = 0;
};

// Whether this CPU can.
bool MultipliesBfloat16();

// out[r] = softmax(scale * queries[r] . keys) values, for each query; the keys' shares are rounded
// to bfloat16. Rows are `width` elements; any width. out: bfloat16, as many rows as queries,
// `queries.stride` apart. Each query's sums have one order, whatever the other queries are. Any
// thread. REQUIRES: MultipliesBfloat16(); at least one key; as many values as keys.
void AttendInBfloat16(const Bfloat16Rows& queries,
                      const Bfloat16Rows& keys,
                      const Bfloat16Rows& values,
                      std::int64_t width,
                      float scale,
                      std::uint16_t* out);

}  // namespace weft::models
