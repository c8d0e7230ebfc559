#include "worker/models/device_graph.h"

#include <atomic>
#include <cstdint>
#include <exception>
#include <map>
#include <new>
#include <stdexcept>
#include <string>
#include <utility>

#include <ATen/cuda/CUDAGraph.h>
#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>

#include "worker/models/device_memory.h"

namespace weft::models {
namespace {

using PoolId = decltype(at::cuda::graph_pool_handle());

// Whether a recording could not be ended: LibTorch's allocator, of which a process has one, waits
// for its end then.
std::atomic<bool>& Unended() {
  static std::atomic<bool> unended{false};
  return unended;
}

// One a thread and device: LibTorch keeps its BLAS's memory for every stream that it meets.
c10::cuda::CUDAStream RecordingStream(const at::Device& device) {
  thread_local std::map<at::DeviceIndex, c10::cuda::CUDAStream> streams;
  const auto found = streams.find(device.index());
  if (found != streams.end()) {
    return found->second;
  }
  const c10::cuda::CUDAStream stream =
      c10::cuda::getStreamFromPool(/*isHighPriority=*/false, device.index());
  streams.emplace(device.index(), stream);
  return stream;
}

std::uint64_t FreeMemory(const at::Device& device) {
  const Result<std::uint64_t> free = DeviceMemoryFree(device.str());
  if (!free) {
    throw std::runtime_error(free.error().message());
  }
  return *free;
}

// Gives back what LibTorch holds for later, which it cannot while it records. What that was, any
// pass so far has made do with; half as much again must be free for a recorded one.
void DemandRoom(const at::Device& device) {
  const std::uint64_t before = FreeMemory(device);
  c10::cuda::CUDACachingAllocator::emptyCache();
  const std::uint64_t after = FreeMemory(device);
  const std::uint64_t held = after > before ? after - before : 0;
  if (after < held + held / 2) {
    throw std::bad_alloc();
  }
}

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
    std::exception_ptr thrown;
    try {
      Begin(*graph_, pool, Preferred());
      try {
        work();
      } catch (...) {
        thrown = std::current_exception();
      }
      graph_->capture_end();
    } catch (const c10::Error&) {
      Unended() = true;
      graph_.release();  // NOLINT(bugprone-unused-return-value): the allocator goes on asking it.
      throw;
    }
    if (thrown != nullptr) {
      std::rethrow_exception(thrown);
    }
  }

  void Launch() override {
    const c10::cuda::CUDAGuard guard(device_);
    graph_->replay();
  }

 private:
  at::Device device_;
  std::shared_ptr<int> alive_;
  std::unique_ptr<at::cuda::CUDAGraph> graph_ = std::make_unique<at::cuda::CUDAGraph>();
};

class CudaGraphRecorder : public GraphRecorder {
 public:
  explicit CudaGraphRecorder(const at::Device& device) : device_(device) {}

  std::unique_ptr<DeviceGraph> Record(const std::function<void()>& work) override {
    const c10::cuda::CUDAGuard device(device_);
    c10::cuda::getCurrentCUDAStream().synchronize();
    DemandRoom(device_);
    if (*alive_ == 0) {  // LibTorch forgets a pool with its last graph.
      pool_ = at::cuda::graph_pool_handle();
    }
    auto graph = std::make_unique<CudaGraph>(device_, alive_);
    const c10::cuda::CUDAStreamGuard stream(RecordingStream(device_));
    graph->Capture(pool_, work);
    return graph;
  }

 private:
  at::Device device_;
  PoolId pool_{};
  // Shared, for a recorder may go before its graphs.
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);
};

}  // namespace

std::unique_ptr<GraphRecorder> RecorderOf(const at::Device& device) {
  if (!device.is_cuda() || Unended()) {
    return nullptr;
  }
  return std::make_unique<CudaGraphRecorder>(device);
}

void* CurrentStream(const at::Device& device) {
  return c10::cuda::getCurrentCUDAStream(device.index()).stream();
}

}  // namespace weft::models
