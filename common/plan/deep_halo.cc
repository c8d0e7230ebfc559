#include "common/plan/deep_halo.h"

#include <algorithm>
#include <utility>

namespace weft {

DeepHalo DeepHaloOf(const FrameAttention& attention,
                    const std::vector<int>& run,
                    int total,
                    std::uint32_t steps) {
  DeepHalo halo{.read = run};
  for (std::uint32_t step = 0; step < steps; ++step) {
    std::vector<int> read = halo.read;
    for (const FrameGroup& group : Groups(attention, halo.read, total)) {
      const auto size = static_cast<double>(group.frames.size());
      halo.passes += size;
      halo.attended += size * (size - 1);
      read.insert(read.end(), group.frames.begin(), group.frames.end());
    }
    std::sort(read.begin(), read.end());
    read.erase(std::unique(read.begin(), read.end()), read.end());
    halo.computed.push_back(std::exchange(halo.read, std::move(read)));
  }
  std::reverse(halo.computed.begin(), halo.computed.end());
  return halo;
}

}  // namespace weft
