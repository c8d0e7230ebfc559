#include "common/plan/overlap.h"

#include <algorithm>
#include <cassert>

namespace weft {
namespace {

FrameRange CoreOf(std::uint32_t chunk, const Overlap& overlap) {
  const std::uint32_t begin = chunk * overlap.chunk_frames;
  return {begin, begin + std::min(overlap.chunk_frames, overlap.frame_count - begin)};
}

// How far a frame's middle lies inside of a border, from 0 to 1 over the overlap's two sides.
double Inside(double distance, double overlap) {
  return std::clamp((distance + overlap) / (2 * overlap), 0.0, 1.0);
}

// Before the weights of a frame are made to add up to 1.
double RawWeight(std::uint32_t frame, std::uint32_t chunk, const Overlap& overlap) {
  constexpr double kMiddle = 0.5;
  const FrameRange core = CoreOf(chunk, overlap);
  const double place = frame + kMiddle;
  double weight = 1;
  if (overlap.frames > 0 && core.begin > 0) {
    weight = std::min(weight, Inside(place - core.begin, overlap.frames));
  }
  if (overlap.frames > 0 && core.end < overlap.frame_count) {
    weight = std::min(weight, Inside(core.end - place, overlap.frames));
  }
  return weight;
}

}  // namespace

FrameRange RenderedBy(std::uint32_t chunk, const Overlap& overlap) {
  return SmoothingHalo(CoreOf(chunk, overlap), overlap.frames, overlap.scene_starts,
                       overlap.frame_count);
}

std::vector<Share> SharesOf(std::uint32_t frame, const Overlap& overlap) {
  assert(frame < overlap.frame_count);
  const std::uint32_t first = (frame - std::min(frame, overlap.frames)) / overlap.chunk_frames;
  const std::uint32_t last =
      std::min(frame + overlap.frames, overlap.frame_count - 1) / overlap.chunk_frames;
  std::vector<Share> shares;
  double sum = 0;
  for (std::uint32_t chunk = first; chunk <= last; ++chunk) {
    if (RenderedBy(chunk, overlap).Contains(frame)) {
      shares.push_back({chunk, RawWeight(frame, chunk, overlap)});
      sum += shares.back().weight;
    }
  }
  for (Share& share : shares) {
    share.weight /= sum;
  }
  return shares;
}

}  // namespace weft
