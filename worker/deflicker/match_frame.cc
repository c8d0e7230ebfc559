#include "worker/deflicker/match_frame.h"

#include "worker/deflicker/float_plane.h"
#include "worker/deflicker/tile_field.h"

namespace weft::deflicker {

MatchFrame PrepareMatch(std::uint32_t number, const Frame* guide, const Frame& style) {
  return {number,
          MatchPyramid(guide == nullptr ? LocallyNormalized(style) : *guide, kPyramidSideMin),
          MatchPlanes(style), style.deep.empty() ? DeepPlanes() : DeepPlanes(style)};
}

MatchFrame PrepareGuide(std::uint32_t number, const Frame& guide) {
  return {number, MatchPyramid(guide, kPyramidSideMin), {}, {}};
}

}  // namespace weft::deflicker
