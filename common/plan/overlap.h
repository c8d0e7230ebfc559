// Chunks that exchange nothing: each renders some frames beyond its own on either side, and where
// several have rendered a frame, what they made of it is faded over.

#pragma once

#include <cstdint>
#include <vector>

#include "common/plan/frames.h"

namespace weft {

struct Overlap {
  std::uint32_t chunk_frames = 1;           // Chunks begin at its multiples.
  std::uint32_t frames = 0;                 // That a chunk renders on either side beyond its own.
  std::vector<std::uint32_t> scene_starts;  // Ascending; the first is 0.
  std::uint32_t frame_count = 0;
};

// The frames that a chunk renders: its own, and the overlap as far as the scenes at its borders go.
// REQUIRES: chunk < the number of chunks.
FrameRange RenderedBy(std::uint32_t chunk, const Overlap& overlap);

// A chunk that rendered a frame, and how much of the finished frame it makes; (0, 1].
struct Share {
  std::uint32_t chunk = 0;
  double weight = 0;
};

// All that rendered `frame`, ascending; their weights add up to 1. From one border of an overlap to
// the other, a chunk's weight changes by equal steps. REQUIRES: frame < frame_count.
std::vector<Share> SharesOf(std::uint32_t frame, const Overlap& overlap);

}  // namespace weft
