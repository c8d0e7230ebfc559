// How fast this process multiplies matrices, which is most of what a model does on a CPU.

#pragma once

#include "common/result.h"

namespace weft::models {

// Billions of floating-point operations a second, with the threads that LibTorch was told to use:
// the best of a few products of 512 x 512. Takes some milliseconds; a tenth of a second where BLAS
// is the reference one.
Result<double> MatmulGflops();

}  // namespace weft::models
