#include "worker/models/device_graph.h"

#include <utility>

#include <ATen/cuda/CUDAGraph.h>
#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>

namespace weft::models {
namespace {

using PoolId = decltype(at::cuda::graph_pool_handle());

struct Otherwise {};
struct Preferred : Otherwise {};

// So that other threads of this process may use the device meanwhile, where this LibTorch lets one
// say so (from 2.1 on).
template <typename Graph>
auto Begin(Graph& graph, PoolId pool, Preferred /*choice*/)
    -> decltype(graph.capture_begin(pool, cudaStreamCaptureModeThreadLocal)) {
  graph.capture_begin(pool, cudaStreamCaptureModeThreadLocal);
}
template <typename Graph>
void Begin(Graph& graph, PoolId pool, Otherwise /*choice*/) {
  graph.capture_begin(pool);
}

class CudaGraph : public DeviceGraph {
 public:
  // alive: counts the graphs of a recorder.
  CudaGraph(const at::Device& device, std::shared_ptr<int> alive)
      : device_(device), alive_(std::move(alive)) {
    ++*alive_;
  }
  CudaGraph(const CudaGraph&) = delete;
  CudaGraph& operator=(const CudaGraph&) = delete;
  ~CudaGraph() override {
    --*alive_;
    try {  // It may still be running.
      const c10::cuda::CUDAGuard guard(device_);
      c10::cuda::getCurrentCUDAStream().synchronize();
    } catch (const c10::Error&) {  // The device is lost, and whatever is next on it says so.
    }
  }

  // In the current stream, which is not the default one.
  void Capture(PoolId pool, const std::function<void()>& work) {
    Begin(graph_, pool, Preferred());
    try {
      work();
    } catch (...) {
      Abandon();
      throw;
    }
    graph_.capture_end();
  }

  void Launch() override {
    const c10::cuda::CUDAGuard guard(device_);
    graph_.replay();
  }

 private:
  // What was recorded so far. The allocator leaves the graph's memory only here.
  void Abandon() {
    try {
      graph_.capture_end();
    } catch (const c10::Error&) {  // What `work` threw says more.
    }
  }

  at::Device device_;
  std::shared_ptr<int> alive_;
  at::cuda::CUDAGraph graph_;
};

class CudaGraphRecorder : public GraphRecorder {
 public:
  explicit CudaGraphRecorder(const at::Device& device)
      : device_(device),
        stream_(c10::cuda::getStreamFromPool(/*isHighPriority=*/false, device.index())) {}

  std::unique_ptr<DeviceGraph> Record(const std::function<void()>& work) override {
    const c10::cuda::CUDAGuard device(device_);
    // Nothing can be given back while a graph is recorded.
    c10::cuda::getCurrentCUDAStream().synchronize();
    c10::cuda::CUDACachingAllocator::emptyCache();
    if (*alive_ == 0) {  // LibTorch forgets a pool with its last graph.
      pool_ = at::cuda::graph_pool_handle();
    }
    auto graph = std::make_unique<CudaGraph>(device_, alive_);
    const c10::cuda::CUDAStreamGuard stream(stream_);
    graph->Capture(pool_, work);
    return graph;
  }

 private:
  at::Device device_;
  c10::cuda::CUDAStream stream_;
  PoolId pool_{};
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);
};

}  // namespace

std::unique_ptr<GraphRecorder> RecorderOf(const at::Device& device) {
  if (!device.is_cuda()) {
    return nullptr;
  }
  return std::make_unique<CudaGraphRecorder>(device);
}

void* CurrentStream(const at::Device& device) {
  return c10::cuda::getCurrentCUDAStream(device.index()).stream();
}

}  // namespace weft::models
