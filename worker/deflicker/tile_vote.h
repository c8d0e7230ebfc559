// A source's picture seen through a field: FastBlend's remapping (arXiv 2311.09265), in a few
// operations a pixel for each different offset of a block instead of a gather for each patch.

#pragma once

#include <cstdint>

#include "worker/deflicker/match_planes.h"
#include "worker/deflicker/picture_sum.h"
#include "worker/deflicker/thread_team.h"
#include "worker/deflicker/tile_field.h"

namespace weft::deflicker {

inline constexpr int kVoteRadiusMax = 7;  // Sums of votes have 16 bits.

// Pixel p is the mean, rounded to nearest, of what the patches around it say: for every pixel q of
// the field at most `radius` away from p, source(q + offset(q) + p - q). Beyond its edge the source
// repeats its edge pixels; pixels beyond the field's edge have no say.
// REQUIRES: source and field have the same size; 0 <= radius <= kVoteRadiusMax; values 0..255.
//
// Written in the place of *voted, whose memory is used again where it has the size.
void Vote(const MatchPlanes& source,
          const OffsetField& field,
          int radius,
          ThreadTeam* threads,
          MatchPlanes* voted);
MatchPlanes Vote(const MatchPlanes& source, const OffsetField& field, int radius);

// The same of values 0..65535.
DeepPlanes Vote(const DeepPlanes& source, const OffsetField& field, int radius);

// The same, added `times` times to a sum, which is faster where nothing else needs it. REQUIRES:
// some picture of the size was added before.
void AddVote(const MatchPlanes& source,
             const OffsetField& field,
             int radius,
             std::int32_t times,
             PictureSum* sum);
void AddVote(const DeepPlanes& source,
             const OffsetField& field,
             int radius,
             std::int32_t times,
             DeepPictureSum* sum);

}  // namespace weft::deflicker
