#include "worker/models/device_memory.h"

#include <ATen/Context.h>
#include <c10/core/DeviceGuard.h>
#include <dlfcn.h>

#include "common/machine_memory.h"
#include "worker/models/torch_edge.h"

namespace weft::models {
namespace {

struct MemoryState {
  std::uint64_t total;
  std::uint64_t free;
};

// The CUDA runtime comes with LibTorch's CUDA build only, so it is found by name.
Result<MemoryState> CudaMemory(const std::string& device) {
  using MemoryQuery = int (*)(std::size_t * free, std::size_t * total);
  auto* const get_info = reinterpret_cast<MemoryQuery>(dlsym(RTLD_DEFAULT, "cudaMemGetInfo"));
  if (!at::hasCUDA() || get_info == nullptr) {
    return Failure(ErrorCode::kUnsupported,
                   "device " + device + ": this LibTorch finds no CUDA device");
  }
  const c10::DeviceGuard guard{at::Device(device)};
  std::size_t free = 0;
  std::size_t total = 0;
  if (get_info(&free, &total) != 0) {
    return Failure(ErrorCode::kUnsupported, "device " + device + ": CUDA cannot use it");
  }
  return MemoryState{total, free};
}

}  // namespace

Result<std::uint64_t> DeviceMemory(const std::string& device) {
  if (device == "cpu") {
    return MachineMemory();
  }
  WEFT_ASSIGN_OR_RETURN(const MemoryState memory, AtTorchEdge([&] { return CudaMemory(device); }));
  return memory.total;
}

Result<std::uint64_t> DeviceMemoryFree(const std::string& device) {
  if (device == "cpu") {
    return MachineMemoryFree();
  }
  WEFT_ASSIGN_OR_RETURN(const MemoryState memory, AtTorchEdge([&] { return CudaMemory(device); }));
  return memory.free;
}

Result<std::uint64_t> DeviceMemoryHeld(const std::string& device) {
  WEFT_ASSIGN_OR_RETURN(const MemoryState memory, AtTorchEdge([&] { return CudaMemory(device); }));
  return memory.total - memory.free;
}

}  // namespace weft::models
