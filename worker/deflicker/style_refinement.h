// A field that heeds the style as well as the guide: the loss of FastBlend (arXiv 2311.09265) over
// tiles.
//
//   error = guide_weight * sum of squares (guides) + sum of squares (source's style, aim)
//
// over the patch (style_trial.h). The aim is what the style should look like from the target, and
// depends on the mode: what the field itself makes of the source, the mean over the window, or what
// another source makes of it.

#pragma once

#include <vector>

#include "worker/deflicker/match_planes.h"
#include "worker/deflicker/style_trial.h"
#include "worker/deflicker/tile_field.h"

namespace weft::deflicker {

// All of one size.
struct StyledPair {
  const MatchPlanes& source_guide;
  const MatchPlanes& source_style;
  const MatchPlanes& target_guide;
  const MatchPlanes& aim;
};

struct StyleOptions {
  int patch_size = 5;     // Odd, 3 .. 2 * kStyleRadiusMax + 1.
  int guide_weight = 10;  // 0 .. kGuideWeightMax.
};

// fields.front() with, for each of its pixels, the offset of smallest error among those that are
// frequent around its tile: in it, a pixel beside it, and in the other fields (matches of frames
// near in time, for example). The more frequent one of equals stays. The field's costs are empty.
//
// REQUIRES: at least one field; all are of the pictures' size.
OffsetField RefinedByStyle(const StyledPair& pair,
                           const std::vector<const OffsetField*>& fields,
                           const StyleOptions& options);

}  // namespace weft::deflicker
