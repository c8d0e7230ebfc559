// An array as NumPy's .npy format stores it, which its documentation of numpy.lib.format describes.

#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "common/result.h"

namespace weft::bench {

struct NpyArray {
  std::string type;                // NumPy's word for it, such as "<i2".
  std::vector<std::size_t> shape;  // The last one changes fastest.
  std::string values;              // As many bytes as type and shape ask for.
};

// Types of 1, 2, 4 or 8 bytes in C's order of elements.
// kDataLoss: not such an array, or not whole.  kUnsupported: Fortran's order, another type.
Result<NpyArray> ParseNpy(const std::string& bytes);

}  // namespace weft::bench
