// Group normalisation of a channels-last picture on a CPU, with SiLU in the same pass.

#pragma once

#include <cstdint>

namespace weft::models {

// [cells, channels], float32.
struct CellRows {
  const float* values = nullptr;
  std::int64_t cells = 0;
  int channels = 0;
};

struct GroupNormParameters {
  const float* weight = nullptr;  // [channels]
  const float* bias = nullptr;
  int groups = 1;
  double eps = 1e-5;
  bool silu = false;
};

// True for what NormalizeGroups() takes: channels a multiple of 16, at most 4096.
bool TakesChannels(int channels, int groups);

// out = (x - mean) / sqrt(variance + eps) * weight + bias over each group of channels, then x *
// sigmoid(x) if asked. The variance is that of the differences from the mean, summed in double
// precision block by block: exact also where it is far smaller than the mean. The same bits on
// every x86-64 CPU. REQUIRES: TakesChannels(); at least one cell. out: of the picture's size; not
// the picture itself.
void NormalizeGroups(const CellRows& picture, const GroupNormParameters& norm, float* out);

}  // namespace weft::models
