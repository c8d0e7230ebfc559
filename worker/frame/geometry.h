// Frames made larger and smaller without touching a single pixel value. What comes out has 8 bits.

#pragma once

#include "worker/frame/frame.h"

namespace weft {

// Grows a frame to width x height by reflection at its right and lower edge; the edge itself is not
// repeated (a b c -> a b c b a b c ...), and the reflection repeats as often as needed.
// REQUIRES: the frame is not empty, width >= frame.width, height >= frame.height.
Frame PadByReflection(const Frame& frame, int width, int height);

// The upper left width x height pixels: what undoes PadByReflection.
// REQUIRES: 0 < width <= frame.width, 0 < height <= frame.height.
Frame Crop(const Frame& frame, int width, int height);

}  // namespace weft
