// Built where there is no nvcc.

#include "worker/deflicker/tile_field_cuda.h"

namespace weft::deflicker {

Result<OffsetField> FindTileFieldOnCuda(const std::vector<MatchPlanes>& /*source*/,
                                        const std::vector<MatchPlanes>& /*target*/,
                                        const TileSearchOptions& /*options*/,
                                        const TileSearchKey& /*key*/,
                                        int /*device*/) {
  return Failure(ErrorCode::kUnsupported, "this Weft was built without CUDA");
}

}  // namespace weft::deflicker
