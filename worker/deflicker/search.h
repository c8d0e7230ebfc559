// One improvement of a nearest-neighbour field: PatchMatch's propagation and random search.

#pragma once

#include <cstdint>

#include "worker/deflicker/field.h"
#include "worker/deflicker/padded_image.h"

namespace weft::deflicker {

// What is compared. All four are of one size, their padding is at least patch_size / 2.
struct PatchPair {
  const PaddedImage& source_guide;
  const PaddedImage& source_style;
  const PaddedImage& target_guide;
  const PaddedImage& target_style;  // What the current field makes of the source.
};

// Names the random numbers of one improvement. Equal numbers, equal result.
struct SearchNumber {
  std::uint64_t seed = 0;
  std::uint32_t source = 0;  // Frame numbers, from the job's first frame.
  std::uint32_t target = 0;
  std::uint16_t level = 0;
  std::uint16_t iteration = 0;
};

struct SearchStep {
  int patch_size = 5;     // Odd, kPatchSizeMin .. kPatchSizeMax.
  int guide_weight = 10;  // 0 .. GuideWeightMax(patch_size).
  int distance = 1;       // Of the neighbours that are asked, in pixels.
};

constexpr int kPatchSizeMin = 1;
constexpr int kPatchSizeMax = 21;

// The largest guide_weight with which an error still fits in 32 bits.
int GuideWeightMax(int patch_size);

// Every pixel tries what the four pixels `distance` away matched in `field`, and a few random
// places near the best so far; a candidate wins only with a smaller error, the first of equals
// stays. Pixels read only `field`, never each other's new match, so their order has no effect.
//
// error = guide_weight * sum of squares (guides) + sum of squares (styles), over the patch.
Field Improved(const PatchPair& pair,
               const Field& field,
               const SearchStep& step,
               const SearchNumber& number);

}  // namespace weft::deflicker
