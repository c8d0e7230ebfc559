#include "worker/models/torch_edge.h"

#include <limits>
#include <string_view>

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <dlfcn.h>
#include <malloc.h>

namespace weft::models {

Error ErrorOf(const std::string& message) {
  // On the CPU, LibTorch 1.13 reports a failed allocation as any other error.
  for (const std::string_view sign : {"allocate memory", "not enough memory", "out of memory"}) {
    if (message.find(sign) != std::string::npos) {
      return {ErrorCode::kResourceExhausted, message};
    }
  }
  return {ErrorCode::kInternal, message};
}

std::string MessageOf(const std::exception& error) {
  const auto* torch = dynamic_cast<const c10::Error*>(&error);
  return torch != nullptr ? torch->what_without_backtrace() : error.what();
}

bool IsOutOfMemory(const std::exception& error) {
  if (dynamic_cast<const std::bad_alloc*>(&error) != nullptr ||
      dynamic_cast<const c10::OutOfMemoryError*>(&error) != nullptr) {
    return true;
  }
  return ErrorOf(MessageOf(error)).code() == ErrorCode::kResourceExhausted;
}

void UseThreads(int count) {
  at::set_num_threads(count);
  // OpenBLAS built with its own threads does not follow OpenMP's setting. Another BLAS has no such
  // function, and nothing to set.
  void* symbol = dlsym(RTLD_DEFAULT, "openblas_set_num_threads");
  if (symbol != nullptr) {
    reinterpret_cast<void (*)(int)>(symbol)(count);
  }
}

void UseExactDeviceKernels() {
  at::Context& context = at::globalContext();
  context.setBenchmarkCuDNN(false);
  context.setDeterministicCuDNN(true);
  context.setAllowTF32CuDNN(false);
  context.setAllowTF32CuBLAS(false);
}

bool HasFastBfloat16() {
#if defined(__x86_64__)
  // Reads what the processor says.  NOLINTBEGIN(concurrency-mt-unsafe)
  return __builtin_cpu_supports("amx-bf16") != 0 ||
         (__builtin_cpu_is("amd") != 0 && __builtin_cpu_supports("avx512bf16") != 0);
  // NOLINTEND(concurrency-mt-unsafe)
#else
  return false;
#endif
}

void KeepFreedMemory() {
  // For the whole process, as its header says.  NOLINTBEGIN(concurrency-mt-unsafe)
  mallopt(M_MMAP_MAX, 0);
  mallopt(M_TRIM_THRESHOLD, std::numeric_limits<int>::max());
  // Only the main arena can hold blocks above 64 MiB.
  mallopt(M_ARENA_MAX, 1);
  // NOLINTEND(concurrency-mt-unsafe)
}

}  // namespace weft::models
