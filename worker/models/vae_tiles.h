// Which pictures an autoencoder takes in tiles, and where the tiles lie. Whether a picture is
// tiled, and how, follows from its size alone: no frame depends on how much memory a worker has.

#pragma once

#include <cstdint>
#include <vector>

namespace weft::models {

// Cells begin .. begin + count - 1 of one axis.
struct TileSpan {
  std::int64_t begin = 0;
  std::int64_t count = 0;
};

// Cells on each side of the largest picture that is not tiled, if it is square: 96, which are 768
// pixels where the VAE's factor is 8, and take some 5 GB in float32.
constexpr std::int64_t kWholeCellsMax = 96;
// Cells of a tile's side, and how many of them lie in the next tile too.
constexpr std::int64_t kTileCells = 80;
constexpr std::int64_t kTileOverlap = 16;

// True where a picture of height x width cells is tiled: it has more than kWholeCellsMax squared.
bool IsTiled(std::int64_t height, std::int64_t width);

// Tiles of one axis of `cells`: evenly spread, each of kTileCells (or all, if there are fewer),
// with neighbours sharing at least kTileOverlap.
std::vector<TileSpan> TilesOf(std::int64_t cells);

}  // namespace weft::models
