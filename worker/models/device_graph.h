// GPU work that is recorded once and launched again as a whole: CUDA graphs.

#pragma once

#include <functional>
#include <memory>

#include "worker/models/aten.h"

namespace weft::models {

// One thread. Throws what ATen throws.
class DeviceGraph {
 public:
  DeviceGraph() = default;
  DeviceGraph(const DeviceGraph&) = delete;
  DeviceGraph& operator=(const DeviceGraph&) = delete;
  virtual ~DeviceGraph() = default;

  // Puts the recorded kernels into the current stream, with the addresses they were recorded with.
  virtual void Launch() = 0;
};

// One thread.
class GraphRecorder {
 public:
  GraphRecorder() = default;
  GraphRecorder(const GraphRecorder&) = delete;
  GraphRecorder& operator=(const GraphRecorder&) = delete;
  virtual ~GraphRecorder() = default;

  // Records what `work` puts into the current stream, and does none of it. The tensors that `work`
  // makes and keeps hold their values after a Launch() until any graph of this recorder is launched
  // or recorded: they share the memory of what they let go of.
  // work: has run before with tensors of the same shapes, and waits for nothing of what it puts
  // there. Throws what `work` and ATen throw; nothing is recorded then.
  virtual std::unique_ptr<DeviceGraph> Record(const std::function<void()>& work) = 0;
};

// Of a CUDA device. Null: it is none, or Weft was built without nvcc or with a LibTorch that knows
// no CUDA.
std::unique_ptr<GraphRecorder> RecorderOf(const at::Device& device);

// The stream into which LibTorch puts this thread's work for a CUDA device: a cudaStream_t. Null:
// the default one.
void* CurrentStream(const at::Device& device);

}  // namespace weft::models
