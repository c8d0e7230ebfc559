// One offset tried on every pixel of a tile at once, as tile_trial.h does, with the error of the
// guides and of the styles together.

#pragma once

#include <cstdint>

#include "worker/deflicker/match_planes.h"
#include "worker/deflicker/tile_trial.h"

namespace weft::deflicker {

// Sums of votes have 16 bits, and a styled match is always voted.
inline constexpr int kStyleRadiusMax = 7;
inline constexpr int kGuideWeightMax = 100;

// The best trial of every pixel of a tile so far. Columns beyond the tile's own hold nothing.
struct StyleBest {
  alignas(64) std::uint32_t errors[kTileRows][kTileColumns];
  alignas(64) std::uint32_t trials[kTileRows][kTileColumns];
};

struct StyleTrial {
  const MatchPlanes* source_guide = nullptr;
  const MatchPlanes* source_style = nullptr;
  const MatchPlanes* target_guide = nullptr;
  const MatchPlanes* target_style = nullptr;
  int x = 0;  // The tile's first pixel in the target.
  int y = 0;
  int dx = 0;  // Pixel (x, y) of the target is compared with (x + dx, y + dy) of the source.
  int dy = 0;
  int radius = 2;
  int guide_weight = 10;
  std::uint32_t number = 0;  // Stored where the offset wins: where its error is smaller.
};

// A pixel's error: guide_weight times the squared difference of the guides, summed over the
// channels, and that of the styles, each at most 65535; a patch's is the sum of its pixels'.
//
// Pixels whose match would lie outside the source keep what they have. False: all of them would,
// nothing was done. REQUIRES: 1 <= radius <= kStyleRadiusMax; 0 <= guide_weight <= kGuideWeightMax;
// the tile begins inside the target; pictures of one size, values 0..255.
bool TryStyled(const StyleTrial& trial, StyleBest* best);

}  // namespace weft::deflicker
