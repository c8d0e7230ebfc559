// Contrast and sharpness after smoothing, which softens; the two enhancements of Pillow's
// ImageEnhance.

#pragma once

#include "worker/frame/frame.h"

namespace weft::deflicker {

// m + amount * (p - m) for every channel value p, clamped and rounded; m is mid grey, 128, for
// every frame alike: a frame's own mean, as Pillow takes it, would flicker. amount 1 changes
// nothing. REQUIRES: the frame has 8 bits; so also below.
void AdjustContrast(double amount, Frame* frame);

// s + amount * (p - s), clamped and rounded; s is the 3x3 smoothing with [1 1 1; 1 5 1; 1 1 1]
// / 13. The outermost pixels stay as they are. amount 1 changes nothing.
void AdjustSharpness(double amount, Frame* frame);

}  // namespace weft::deflicker
