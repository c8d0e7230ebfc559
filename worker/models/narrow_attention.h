// Attention of narrow heads on a CPU, in one pass that never writes the scores to memory. A BLAS
// spends its time on packing when heads are 8 or 16 wide, as in small models.

#pragma once

#include <cstdint>

namespace weft::models {

// One head of some tokens: row r begins at first + r * stride.
struct HeadRows {
  const float* first = nullptr;
  std::int64_t stride = 0;
  std::int64_t count = 0;
};

// True for the widths that AttendNarrow() takes.
bool IsNarrow(std::int64_t width);

// out[r] = softmax(queries[r] . keys) values, for each query; the scale is in the queries.
// Plain products and sums in a fixed order: the same bits on every x86-64 CPU.
// out: as many rows as queries, `queries.stride` apart. REQUIRES: IsNarrow(width); at least one
// key; as many values as keys.
void AttendNarrow(const HeadRows& queries,
                  const HeadRows& keys,
                  const HeadRows& values,
                  std::int64_t width,
                  float* out);

}  // namespace weft::models
