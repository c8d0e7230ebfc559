#include "worker/models/vae_tiles.h"

#include <algorithm>

namespace weft::models {

bool IsTiled(std::int64_t height, std::int64_t width) {
  return height * width > kWholeCellsMax * kWholeCellsMax;
}

std::vector<TileSpan> TilesOf(std::int64_t cells) {
  if (cells <= kTileCells) {
    return {{0, cells}};
  }
  const std::int64_t stride = kTileCells - kTileOverlap;
  const std::int64_t last = cells - kTileCells;
  const std::int64_t steps = (last + stride - 1) / stride;
  std::vector<TileSpan> tiles;
  for (std::int64_t i = 0; i <= steps; ++i) {
    tiles.push_back({last * i / steps, kTileCells});
  }
  return tiles;
}

}  // namespace weft::models
