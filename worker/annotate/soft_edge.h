// Soft edges of a frame, the control image that the demo model's ControlNet was trained on: blurred
// luma, Scharr gradient, compressed to 0..1 without looking at the frame as a whole, so that it is
// stable in time.

#pragma once

#include <vector>

#include "worker/frame/frame.h"

namespace weft::annotate {

// c = 1 - exp(-m / 12), m = |Scharr(GaussianBlur5x5(Y, sigma 1))| / 32, Y = 0.299 R + 0.587 G +
// 0.114 B, borders reflected without the edge pixel (101). [height, width], 0..1.
std::vector<float> SoftEdgeValues(const Frame& frame);

// The same, rounded to 8 bit.
ControlMap SoftEdge(const Frame& frame);

}  // namespace weft::annotate
