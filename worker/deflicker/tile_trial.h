// One offset tried on every pixel of a tile at once, by sliding sums: a few operations a pixel,
// whatever the patch's size (the idea of Lu et al. 2013, "Patch Match Filter").
//
// Written with Highway: the widest vectors that the processor has are taken at run time, and all of
// them give the same bits, because everything is in integers.

#pragma once

#include <cstddef>
#include <cstdint>

#include "worker/deflicker/match_planes.h"

namespace weft::deflicker {

inline constexpr int kTrialRadiusMax = 10;

// The best candidate of every pixel so far. Only the tile's own columns count.
struct TileBest {
  alignas(64) std::uint16_t costs[kTileRows][kTileColumns];
  alignas(64) std::uint16_t candidates[kTileRows][kTileColumns];
};

// How squared differences become 16-bit costs of patches: a pixel's sum over the channels is
// shifted right by `shift` and limited to `limit`, such that a whole patch fits.
struct CostScale {
  int shift = 0;
  std::uint16_t limit = 0;
};

// Covers differences of 29 levels a channel at least. REQUIRES: 1 <= radius <= kTrialRadiusMax.
CostScale CostScaleOf(int radius);

// What a tile's patches cover of the target, packed for many trials.
struct TargetTile {
  int x = 0;  // The tile's first pixel.
  int y = 0;
  int width = 0;  // Of the tile, which ends where the target does.
  int height = 0;
  int radius = 2;
  // Of `radius` pixels above and left of the tile and on; only the rows that patches cover count.
  alignas(64) std::int16_t
      levels[kTileRows + 2 * kTrialRadiusMax][MatchPlanes::kChannels][kTileColumns] = {};
};

// REQUIRES: 1 <= radius <= kTrialRadiusMax; (x, y) lies inside the target.
void CopyTarget(const MatchPlanes& target, int x, int y, int radius, TargetTile* tile);

// What a trial may heed beyond two pictures. Planes have the sizes of the source and the target;
// nullptr: there is none.
struct TrialExtras {
  // A second pair of pictures, from which so many sixteenths of a pixel's cost come; the rest comes
  // from the first. 0 .. 15.
  int style_share = 0;
  const MatchPlanes* source_style = nullptr;
  const TargetTile* target_style = nullptr;
  // Where channel 0 is 0: pixels of the source that are matched only where nothing else fits, at
  // the cost kMaskedCost; pixels of the target that patches leave out.
  const MatchPlanes* source_mask = nullptr;
  const TargetTile* target_mask = nullptr;
};

inline constexpr std::uint16_t kMaskedCost = 0xfffe;  // No cost is higher.

struct TileTrial {
  const MatchPlanes* source = nullptr;
  const TargetTile* target = nullptr;
  int dx = 0;  // Pixel (x, y) of the target is compared with (x + dx, y + dy) of the source.
  int dy = 0;
  std::uint16_t candidate = 0;          // Stored where the offset wins: where its cost is smaller.
  const TrialExtras* extras = nullptr;  // Slower, even where it holds nothing.
};

// Pixels whose match would lie outside the source keep what they have. False: all of them would,
// nothing was done.
bool TryOffset(const TileTrial& trial, TileBest* best);

}  // namespace weft::deflicker
