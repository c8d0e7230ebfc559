// What NVIDIA's driver says of a GPU, asked without CUDA's runtime: it is there, or is missed,
// before any model is loaded.

#pragma once

#include <cstdint>
#include <string>

#include "common/result.h"

namespace weft::models {

struct GpuFacts {
  std::string name;    // "NVIDIA H100 80GB HBM3".
  std::string driver;  // The CUDA version that the driver serves: "12.4".
  int compute_major = 0;
  int compute_minor = 0;
  std::uint64_t memory_bytes = 0;
};

// kUnsupported: there is no driver, it does not work, or it has no such GPU; says which, and what
// to look at.
//
// Source: CUDA driver API, cuInit, cuDriverGetVersion, cuDeviceGet and cuDeviceGetAttribute.
Result<GpuFacts> AskDriver(unsigned gpu);

// "NVIDIA H100 80GB HBM3, compute capability 9.0, 79 GiB, driver for CUDA 12.4".
std::string Describe(const GpuFacts& facts);

}  // namespace weft::models
