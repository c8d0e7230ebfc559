// The nearest-neighbour field between two frames, coarse to fine.

#pragma once

#include <cstdint>
#include <vector>

#include "worker/deflicker/deflicker.h"
#include "worker/deflicker/field.h"
#include "worker/deflicker/padded_image.h"
#include "worker/frame/frame.h"

namespace weft::deflicker {

// A frame in all sizes of the pyramid.
struct MatchFrame {
  std::uint32_t number = 0;         // From the job's first frame.
  std::vector<PaddedImage> guides;  // Full size first, every further one half as large.
  std::vector<PaddedImage> styles;  // The same sizes.
};

// ok, or kInvalidArgument with what is wrong: a patch size that is even or too large, no
// iterations, a guide weight with which errors would not fit in 32 bits, frames that are too large
// or empty.
Status CheckMatchable(int width, int height, const DeflickerOptions& options);

// REQUIRES: CheckMatchable() said ok, both frames have the same size.
MatchFrame PrepareFrame(std::uint32_t number,
                        const Frame& guide,
                        const Frame& style,
                        const DeflickerOptions& options);

// For every pixel of the target its match in the source.
Field FindField(const MatchFrame& source,
                const MatchFrame& target,
                const DeflickerOptions& options);

}  // namespace weft::deflicker
