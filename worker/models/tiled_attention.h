// Attention on a CPU in tiles of queries and keys that stay in its caches: the scores of all keys
// are never in memory at once, and no time goes into the packing and the waiting that a BLAS spends
// on matrices of this shape. FlashAttention's running softmax (Dao et al. 2022, arXiv 2205.14135,
// algorithm 1).

#pragma once

#include <cstdint>

#include "worker/models/narrow_attention.h"

namespace weft::models {

// out[r] = softmax(queries[r] . keys) values, for each query; the scale is in the queries.
// Rows are `width` floats; any width. out: as many rows as queries, `queries.stride` apart.
// Each query's sums have one order, whatever the other queries are. The same bits on every x86-64
// CPU that has fused multiply-add (x86-64-v3 and later). Any thread.
// REQUIRES: at least one key; as many values as keys.
void AttendInTiles(const HeadRows& queries,
                   const HeadRows& keys,
                   const HeadRows& values,
                   std::int64_t width,
                   float* out);

}  // namespace weft::models
