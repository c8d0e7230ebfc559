// The offsets of a tile's pixels, looked up by which candidate won.

#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "worker/deflicker/tile_field.h"
#include "worker/deflicker/tile_trial.h"

namespace weft::deflicker {

// Row r of `found`, which begins r * pitch after the first, takes table[candidates[r][c]] for every
// column c of the tile. REQUIRES: all of those are in the table.
void LookUp(const std::vector<Offset>& table,
            const TileBest& best,
            const TargetTile& tile,
            std::ptrdiff_t pitch,
            Offset* found);

}  // namespace weft::deflicker
