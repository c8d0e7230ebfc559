// The best match of every patch, by trying all: how good a field can be at most.
//
// One offset at a time for the whole picture, with sliding sums over the patch, so that the work
// does not depend on the patch's size (box filtering of squared differences, as block matching in
// stereo does it: Faugeras et al., Real time correlation-based stereo, INRIA report 2013, 1993).

#pragma once

#include "tests/benchmarks/match_field.h"
#include "worker/frame/frame.h"

namespace weft::bench {

// The source's patch with the smallest sum of squared differences over patch and channels; of equal
// ones the upper, then the left one. Pictures repeat their edge pixels. The time grows with the
// square of the number of pixels. REQUIRES: both pictures have the same size, which is not zero;
// patch_size is odd.
MatchField ExactField(const Frame& target, const Frame& source, int patch_size);

}  // namespace weft::bench
