// The true motion of a clip that was made with known motion.

#pragma once

#include <string>
#include <vector>

#include "common/result.h"
#include "worker/eval/motion.h"

namespace weft::bench {

// Of frame 1 to frame 0, and so on, from a file of NumPy's (.npz) with the arrays
//   flow:  <i2, [pairs, ceil(height / 2), ceil(width / 2), 2], from a frame to the one before, 1/32
//          pixel, x then y, of the pixels whose x and y are even;
//   valid: |u1, [bytes], a bit for each of pairs x height x width, the first in the highest bit of
//          a byte: where that pixel is to be seen in both frames;
//   shape: <i8, [3], pairs, height, width.
// kNotFound: no such file.  kDataLoss, kUnsupported: not of this kind.
Result<std::vector<eval::Motion>> ReadTrueMotion(const std::string& path);

}  // namespace weft::bench
