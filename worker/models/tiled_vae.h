// Pictures too large for an autoencoder's memory in one piece, in overlapping tiles.
//
// Whether a picture is tiled, and how, follows from its size alone: no frame depends on how much
// memory a worker has. A tile sees itself only, so what the autoencoder takes over the whole
// picture (the norms' statistics, the middle's attention) is taken over the tile; over the overlap,
// two tiles are faded into each other linearly.

#pragma once

#include <cstdint>
#include <vector>

#include "worker/models/vae.h"

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

// As Vae::Encode() and Vae::Decode(), in tiles where IsTiled(). One picture a call.
at::Tensor EncodeTiled(const Vae& vae, const at::Tensor& picture);
at::Tensor DecodeTiled(const Vae& vae, const at::Tensor& latents);

}  // namespace weft::models
