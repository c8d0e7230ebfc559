// What one round of the search leaves for the next: few offsets that stand for many.

#pragma once

#include <vector>

#include "worker/deflicker/tile_candidates.h"
#include "worker/deflicker/tile_field.h"
#include "worker/deflicker/tile_random.h"

namespace weft::deflicker {

// Of each block of a level the offset of one pixel, drawn at random.
class TileSamples {
 public:
  static constexpr int kBlock = 8;  // Columns and rows of a block.

  void Resize(int width, int height);

  // Takes the samples that lie in the tile. purpose: its level and round. May be called by several
  // threads at once, for different tiles.
  void Take(const TargetTile& tile,
            const TileCandidates& candidates,
            const TileSearchKey& key,
            RandomPurpose purpose);

  // Calls try_offset(offset) for the blocks that the tile touches and for those around them, row by
  // row.
  template <typename Function>
  void ForEachAround(const TargetTile& tile, const Function& try_offset) const {
    const Region blocks = BlocksAround(tile);
    for (int row = blocks.y_begin; row < blocks.y_end; ++row) {
      for (int column = blocks.x_begin; column < blocks.x_end; ++column) {
        const int block = row * columns_ + column;
        try_offset(offsets_[static_cast<std::size_t>(block)]);
      }
    }
  }

 private:
  [[nodiscard]] Region BlocksAround(const TargetTile& tile) const;

  int width_ = 0;
  int height_ = 0;
  int columns_ = 0;
  int rows_ = 0;
  std::vector<Offset> offsets_;  // [rows, columns]
};

}  // namespace weft::deflicker
