// Fields that use their source evenly. A search takes for each pixel what looks most like it, many
// times from one place if need be; here a place costs the more the more pixels have it already
// (Kaspar et al. 2015, "Self Tuning Texture Optimization", section 3.4; ebsynth's `uniformity`).

#pragma once

#include "worker/deflicker/match_planes.h"
#include "worker/deflicker/tile_field.h"

namespace weft::deflicker {

// One level of a search.
struct SpreadLevel {
  const MatchPlanes& source;
  const MatchPlanes& target;
  int level;
  int radius;  // Of the patches.
};

// Goes over the field's pixels in order, and back, and gives each what costs least of its match,
// those beside it moved along, and some drawn around it as PatchMatch draws them. A patch of the
// source is used evenly where as many matches lie within as it has pixels; each one more raises the
// mean squared difference of what is matched with its middle by `weight` over its pixels. What a
// pixel leaves and takes counts for the next one, so one thread does it all.
//
// field: on that level; of the source's size, as is the target. Its costs stay those of patches.
void SpreadOut(const SpreadLevel& level, int weight, const TileSearchKey& key, OffsetField* field);

}  // namespace weft::deflicker
