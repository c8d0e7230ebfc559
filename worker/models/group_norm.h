// Group normalisation of a channels-last picture on a CPU, with SiLU in the same pass.

#pragma once

#include <cstdint>
#include <functional>

namespace weft::models {

// [cells, channels]. Element: float, or std::uint16_t: bfloat16, as bits, computed in float32.
template <typename Element>
struct CellRows {
  const Element* values = nullptr;
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

// Calls work(begin, end) for parts of 0 .. count, each at least `grain` long but the last, by any
// threads at once; returns when all are done.
using ShareWork =
    std::function<void(std::int64_t count,
                       std::int64_t grain,
                       const std::function<void(std::int64_t begin, std::int64_t end)>& work)>;

// out = (x - mean) / sqrt(variance + eps) * weight + bias over each group of channels, then x *
// sigmoid(x) if asked. The variance is that of the differences from the mean, summed in double
// precision block by block: exact also where it is far smaller than the mean. The same bits on
// every x86-64 CPU, however the work is shared. REQUIRES: TakesChannels(); at least one cell. out:
// of the picture's size; not the picture itself.
template <typename Element>
void NormalizeGroups(const CellRows<Element>& picture,
                     const GroupNormParameters& norm,
                     const ShareWork& share,
                     Element* out);

}  // namespace weft::models
