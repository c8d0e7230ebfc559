// What the kernels of device_kernels.h have in common. For nvcc.

#pragma once

#include <string>
#include <type_traits>

#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <cuda_runtime_api.h>

#include "worker/models/device_kernels.h"

namespace weft::models {

constexpr int kWarp = 32;
constexpr int kBlock = 512;  // Threads that a block should have, at most.

__device__ inline float ToFloat(float x) {
  return x;
}
__device__ inline float ToFloat(__half x) {
  return __half2float(x);
}
__device__ inline float ToFloat(__nv_bfloat16 x) {
  return __bfloat162float(x);
}

__device__ inline void Assign(float from, float& to) {
  to = from;
}
__device__ inline void Assign(float from, __half& to) {
  to = __float2half_rn(from);
}
__device__ inline void Assign(float from, __nv_bfloat16& to) {
  to = __float2bfloat16_rn(from);
}

// `Width` neighbours in memory, read and written at once.
template <typename T, int Width>
struct alignas(sizeof(T) * Width) Vector {
  T values[Width];
};

// What the calling thread named last to UseDevice().
cudaStream_t ThreadStream();

inline Status ToStatus(cudaError_t error) {
  if (error != cudaSuccess) {
    return Failure(ErrorCode::kInternal, std::string("CUDA: ") + cudaGetErrorString(error));
  }
  return {};
}

template <typename T>
struct Tag {
  using Type = T;
};

// Calls `work(Tag<T>, width)` with the type, and with how many values are handled at once: as many
// as 16 bytes hold where that divides the channels, else one.
template <typename Work>
Status OfType(DeviceType type, int channels, const Work& work) {
  const auto run = [&](auto tag) {
    constexpr int kVectorBytes = 16;
    constexpr int kWidth = kVectorBytes / static_cast<int>(sizeof(typename decltype(tag)::Type));
    if (channels % kWidth == 0) {
      work(tag, std::integral_constant<int, kWidth>());
    } else {
      work(tag, std::integral_constant<int, 1>());
    }
  };
  switch (type) {
    case DeviceType::kFloat32:
      run(Tag<float>());
      break;
    case DeviceType::kFloat16:
      run(Tag<__half>());
      break;
    case DeviceType::kBfloat16:
      run(Tag<__nv_bfloat16>());
      break;
  }
  return ToStatus(cudaGetLastError());
}

}  // namespace weft::models
