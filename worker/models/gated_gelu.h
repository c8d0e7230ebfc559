// The gate of a transformer's feed-forward on a CPU, in one pass (GEGLU, Shazeer 2020, arXiv
// 2002.05202): LibTorch 1.13 takes several, with an erf of twice the accuracy that float32 shows.

#pragma once

#include <cstdint>

namespace weft::models {

// For each of `rows` rows: out[i] = in[i] * gelu(in[width + i]), i < width, with the exact GELU
// (of the error function), to about 2e-7 of its argument. Plain products and sums: the same bits on
// every x86-64 CPU. in: [rows, 2 * width]; out: [rows, width]. REQUIRES: 16 divides width.
void GateWithGelu(const float* in, std::int64_t rows, std::int64_t width, float* out);

// The same on bfloat16, as bits: calculated in float32 and rounded once.
void GateWithGelu(const std::uint16_t* in,
                  std::int64_t rows,
                  std::int64_t width,
                  std::uint16_t* out);

}  // namespace weft::models
