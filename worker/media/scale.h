// Frames brought to another size. What comes out has 8 bits, unless it is the same frame.

#pragma once

#include "common/result.h"
#include "worker/frame/frame.h"

namespace weft::media {

// Scales (bicubic, each channel on its own) until the frame covers width x height with its aspect
// kept, then cuts off what sticks out, the same on both sides. The same frame when it has that size
// already. The same bits on every machine.
// kInvalidArgument: a size below 1.
Result<Frame> FitFrame(const Frame& frame, int width, int height);

// Scales as above, but each axis on its own: nothing is cut off, and the aspect may change.
Result<Frame> StretchFrame(const Frame& frame, int width, int height);

}  // namespace weft::media
