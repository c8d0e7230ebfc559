// The offsets that were tried on one tile, in order, and which to try next.

#pragma once

#include <cstdint>
#include <vector>

#include "worker/deflicker/tile_field.h"

namespace weft::deflicker {

// Part of a level that one trial covers.
struct Tile {
  int x = 0;
  int y = 0;
  int width = 0;
  int height = 0;
};

// Pixels of level, from begin to before end.
struct Region {
  int x_begin = 0;
  int x_end = 0;
  int y_begin = 0;
  int y_end = 0;
};

// The offsets of part of a field, the most frequent first, the first met first among equals; at
// most `count`.
std::vector<Offset> FrequentOffsets(const OffsetField& field, const Region& region, int count);

// Counter-based: the n-th number of a stream depends on the key and n alone.
class TileRandom {
 public:
  TileRandom(const TileSearchKey& key, std::uint32_t level, std::uint32_t round, std::uint32_t tile)
      : key_(key), place_(level << 24 | round << 20), tile_(tile) {}

  // Uniform in 0 .. count-1. REQUIRES: 0 < count < 2^16.
  std::uint32_t Below(std::uint32_t count);

 private:
  std::uint32_t Next();

  TileSearchKey key_;
  std::uint32_t place_;
  std::uint32_t tile_;
  std::uint32_t drawn_ = 0;
  std::uint32_t words_[4] = {};
};

class TileCandidates {
 public:
  void Reset();

  // Tries an offset that was not tried yet.
  void Try(const MatchPlanes& source,
           const MatchPlanes& target,
           const Tile& tile,
           int radius,
           Offset offset);

  // The offsets that won pixels of the tile, the most pixels first; at most `count`.
  [[nodiscard]] std::vector<Offset> Winners(const Tile& tile, int count) const;

  // The winner of a pixel of the tile. REQUIRES: some offset fitted there.
  [[nodiscard]] Offset At(int row, int column) const {
    return tried_[best_.candidates[row][column]];
  }
  [[nodiscard]] std::uint16_t CostAt(int row, int column) const { return best_.costs[row][column]; }

 private:
  std::vector<Offset> tried_;
  TileBest best_ = {};
};

}  // namespace weft::deflicker
