#include "worker/deflicker/tile_samples.h"

#include <algorithm>

namespace weft::deflicker {

void TileSamples::Resize(int width, int height) {
  width_ = width;
  height_ = height;
  columns_ = (width + kBlock - 1) / kBlock;
  rows_ = (height + kBlock - 1) / kBlock;
  offsets_.resize(static_cast<std::size_t>(columns_) * static_cast<std::size_t>(rows_));
}

void TileSamples::Take(const TargetTile& tile,
                       const TileCandidates& candidates,
                       const TileSearchKey& key,
                       RandomPurpose purpose) {
  purpose.kind = RandomPurpose::kSample;
  constexpr int kWords = 4;  // Each draws for one block.
  RandomWords words = {};
  int drawn = -1;
  for (int row = tile.y / kBlock; row * kBlock < tile.y + tile.height; ++row) {
    for (int column = tile.x / kBlock; column * kBlock < tile.x + tile.width; ++column) {
      const int block = row * columns_ + column;
      if (block / kWords != drawn) {
        drawn = block / kWords;
        purpose.place = static_cast<std::uint32_t>(drawn);
        words = WordsFor(key, purpose);
      }
      const auto within = static_cast<int>(words.Below(block % kWords, kBlock * kBlock));
      const int x = std::min(column * kBlock + within % kBlock, width_ - 1) - tile.x;
      const int y = std::min(row * kBlock + within / kBlock, height_ - 1) - tile.y;
      if (x >= 0 && x < tile.width && y >= 0 && y < tile.height) {
        offsets_[static_cast<std::size_t>(block)] = candidates.At(y, x);
      }
    }
  }
}

Region TileSamples::BlocksAround(const TargetTile& tile) const {
  return {
      std::max(tile.x / kBlock - 1, 0), std::min((tile.x + tile.width - 1) / kBlock + 2, columns_),
      std::max(tile.y / kBlock - 1, 0), std::min((tile.y + tile.height - 1) / kBlock + 2, rows_)};
}

}  // namespace weft::deflicker
