// PatchMatch as it was published, written plainly: what the engine's speed is compared with.
//
// Barnes, Shechtman, Finkelstein, Goldman: PatchMatch: A Randomized Correspondence Algorithm for
// Structural Image Editing, ACM Transactions on Graphics 28(3), 2009, section 3; the order of the
// loops, the packed pixels and the early end follow the authors' minimal example, pm_minimal.cpp.
// One scale, one thread. Unlike there, pictures repeat their edge pixels, so that every pixel has a
// patch, and the random numbers come from a Mersenne twister, which is faster than rand().

#pragma once

#include <cstdint>

#include "tests/benchmarks/match_field.h"
#include "worker/frame/frame.h"

namespace weft::bench {

struct BarnesOptions {
  int patch_size = 5;  // Odd.
  int iterations = 5;
  std::uint32_t seed = 1;
};

// The error of a match is the sum of squared differences of all three channels over the patch.
// REQUIRES: both pictures have the same size, which is not zero.
MatchField BarnesField(const Frame& target, const Frame& source, const BarnesOptions& options);

}  // namespace weft::bench
