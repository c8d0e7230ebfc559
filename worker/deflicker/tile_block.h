// What the search of tile_field.h reads and writes where a GPU runs it: each tile by a block of
// threads. Plain arrays, so that the same code (tile_block_search.h) runs on either machine.

#pragma once

#include <cstddef>
#include <cstdint>

#include "worker/deflicker/host_device.h"
#include "worker/deflicker/match_planes.h"
#include "worker/deflicker/tile_field.h"
#include "worker/deflicker/tile_trial.h"

namespace weft::deflicker {

// MatchPlanes, wherever their values lie.
struct PlanesView {
  const std::int16_t* first = nullptr;  // Channel 0 of pixel (0, 0); the margins are around it.
  std::ptrdiff_t stride = 0;
  std::ptrdiff_t channel_stride = 0;
  int width = 0;
  int height = 0;

  // REQUIRES: as MatchPlanes::At().
  [[nodiscard]] WEFT_HOST_DEVICE const std::int16_t* At(int channel, int x, int y) const {
    return first + y * stride + channel * channel_stride + x;
  }
};

struct FieldView {
  int width = 0;
  int height = 0;
  Offset* offsets = nullptr;       // [height, width]; nullptr: there is no field.
  std::uint16_t* costs = nullptr;  // [height, width]
};

// One offset of each square of kSide pixels.
struct SamplesView {
  static constexpr int kSide = 8;

  int columns = 0;
  int rows = 0;
  Offset* offsets = nullptr;  // [rows, columns]
};

// What a tile keeps from round to round.
struct BlockTile {
  std::uint16_t costs[kTileRows][kTileColumns] = {};       // The best so far.
  std::uint16_t candidates[kTileRows][kTileColumns] = {};  // Theirs, among those tried.
  Offset tried[kTriedMax];
  int tried_count = 0;
};

// What the threads of a block share while they search a tile.
struct BlockScratch {
  static constexpr int kListMax = 32;
  static constexpr int kMetMax = 512;  // Pixels of a region whose offsets are counted.

  std::int16_t target[kTileRows + 2 * kTrialRadiusMax][MatchPlanes::kChannels][kTileColumns] = {};
  std::uint16_t sums[kTileRows][kTileColumns] = {};  // Of a trial: costs above each other.
  Offset list[kListMax];                             // The most frequent offsets, in order.
  int list_size = 0;
  std::uint16_t slots[2 * kMetMax] = {};  // Of a hash table: indices of `met`, from 1 on; 0: free.
  Offset met[kMetMax];
  // How often each was met, or each of those tried has won.
  std::uint16_t counts[kMetMax > kTriedMax ? kMetMax : kTriedMax] = {};
};

// One round of the search of one level.
struct BlockRound {
  PlanesView source;
  PlanesView target;
  FieldView coarser;  // Without offsets on the coarsest level.
  FieldView field;    // Written in the last round.
  SamplesView before;
  SamplesView after;
  BlockTile* tiles = nullptr;  // [Rows(), Columns()]
  TileSearchKey key;
  CostScale scale;
  int radius = 2;
  int coarse_reach = 0;
  int level = 0;
  int round = 0;
  bool is_last = false;

  [[nodiscard]] WEFT_HOST_DEVICE int TileWidth() const { return kTileColumns - 2 * radius; }
  [[nodiscard]] WEFT_HOST_DEVICE int Columns() const {
    return (target.width + TileWidth() - 1) / TileWidth();
  }
  [[nodiscard]] WEFT_HOST_DEVICE int Rows() const {
    return (target.height + kTileRows - 1) / kTileRows;
  }
};

}  // namespace weft::deflicker
