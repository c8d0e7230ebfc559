#include "common/wire/overlap_wire.h"

namespace weft {

std::optional<Overlap> OverlapOf(const v1::JobSpec& spec, const v1::Clip& clip) {
  if (spec.exchange() != v1::EXCHANGE_NONE) {
    return std::nullopt;
  }
  return Overlap{.chunk_frames = spec.chunk_frames(),
                 .frames = spec.overlap_frames(),
                 .scene_starts = {clip.scene_starts().begin(), clip.scene_starts().end()},
                 .frame_count = clip.frame_count()};
}

}  // namespace weft
