// For a Weft that was built without nvcc, or with a LibTorch that knows no CUDA.

#include "worker/models/device_graph.h"

namespace weft::models {

std::unique_ptr<GraphRecorder> RecorderOf(const at::Device& /*device*/) {
  return nullptr;
}

void* CurrentStream(const at::Device& /*device*/) {
  return nullptr;
}

}  // namespace weft::models
