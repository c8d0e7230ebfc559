#include "worker/models/matmul_speed.h"

#include <algorithm>
#include <chrono>

#include <ATen/ops/mm.h>
#include <ATen/ops/ones.h>

#include "worker/models/torch_edge.h"

namespace weft::models {

Result<double> MatmulGflops() {
  constexpr std::int64_t kSize = 512;
  constexpr int kTries = 4;  // The first one also starts threads and touches memory.
  constexpr double kOperations = 2.0 * kSize * kSize * kSize;
  return AtTorchEdge([]() -> Result<double> {
    const at::Tensor factor = at::ones({kSize, kSize});
    double best = 0;
    for (int attempt = 0; attempt < kTries; ++attempt) {
      const auto begun = std::chrono::steady_clock::now();
      at::mm(factor, factor);
      const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begun;
      best = std::max(best, kOperations / taken.count() / 1e9);
    }
    return best;
  });
}

}  // namespace weft::models
