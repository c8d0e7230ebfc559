// What a worker's numbers depend on besides its input.

#pragma once

#include <string>
#include <vector>

#include "common/result.h"
#include "worker/models/diffusion_model.h"

namespace weft::models {

// Device, vector instructions or GPU, and libraries: "cpu, AVX-512 VNNI BF16, LibTorch 1.13.1,
// oneDNN v2.6.0, OpenBLAS SkylakeX, Weft 0.1.0". Where two workers name the same class, their
// libraries choose the same kernels. That is as much as can be told from outside: `--verify`
// compares bits.
//
// device: "cpu" or "cuda:N". kUnsupported: there is no such device.
Result<std::string> NumericClass(const std::string& device);

// What models can be computed in there.
std::vector<DataType> DataTypesOf(const std::string& device);

}  // namespace weft::models
