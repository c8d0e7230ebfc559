// The field of tile_field.h, found by a GPU: the same bits.

#pragma once

#include <vector>

#include "common/result.h"
#include "worker/deflicker/match_planes.h"
#include "worker/deflicker/tile_field.h"

namespace weft::deflicker {

// As FindTileField(), on CUDA's device `device`, counted from 0; without extras. About 60 bytes of
// its memory for each pixel of the target. Any thread.
// kUnsupported: Weft was built without nvcc, or there is no such device.
// kResourceExhausted: the device is short of memory.  kInternal: CUDA fails otherwise, and why.
Result<OffsetField> FindTileFieldOnCuda(const std::vector<MatchPlanes>& source,
                                        const std::vector<MatchPlanes>& target,
                                        const TileSearchOptions& options,
                                        const TileSearchKey& key,
                                        int device);

}  // namespace weft::deflicker
