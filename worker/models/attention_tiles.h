// How attention on a CPU is cut into tiles of queries and keys, whatever the data type.

#pragma once

#include <algorithm>
#include <cstdint>

namespace weft::models {

// Queries that one pass of the innermost loops takes, and the vectors of keys (or of values' width)
// beside them: twelve sums hide the latency of a fused multiply-add.
constexpr int kTileRows = 4;
constexpr int kTileVectors = 3;
// A tile's queries, and its keys: 40 to 160 wide heads' tiles fit into the second-level cache.
constexpr std::int64_t kTileQueries = 32;
constexpr std::int64_t kTileKeys = 96;

constexpr std::int64_t RoundUp(std::int64_t value, std::int64_t step) {
  return (value + step - 1) / step * step;
}

// How many vectors the next pass takes of those that are left: threes, but no single one at the end
// where two twos do.
constexpr std::int64_t NextVectors(std::int64_t left) {
  return left == 4 ? 2 : std::min<std::int64_t>(left, kTileVectors);
}

}  // namespace weft::models
