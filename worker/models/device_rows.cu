#include "worker/models/device_kernels.h"
#include "worker/models/device_values.cuh"

namespace weft::models {
namespace {

__device__ float SumOfWarp(float x) {
  for (int step = kWarp / 2; step > 0; step /= 2) {
    x += __shfl_xor_sync(0xFFFFFFFFU, x, step);
  }
  return x;
}

template <typename T, int Width, typename Change>
__device__ float Fold(const Vector<T, Width>& x, const Change& change) {
  float sum = 0.0F;
#pragma unroll
  for (int i = 0; i < Width; ++i) {
    sum += change(ToFloat(x.values[i]));
  }
  return sum;
}

// A warp for each row; a lane holds up to `Held` vectors of it.
template <typename T, int Width, int Held>
__global__ void NormalizeRows(const T* in,
                              std::int64_t rows,
                              int width,
                              const float* weight,
                              const float* bias,
                              float eps,
                              T* out) {
  const std::int64_t row = static_cast<std::int64_t>(blockIdx.x) * (blockDim.x / kWarp) +
                           threadIdx.x / kWarp;
  if (row >= rows) {
    return;
  }
  const int lane = static_cast<int>(threadIdx.x) % kWarp;
  const auto* const from = reinterpret_cast<const Vector<T, Width>*>(in + row * width);
  const int vectors = width / Width;
  Vector<T, Width> held[Held];
  float sum = 0.0F;
#pragma unroll
  for (int turn = 0; turn < Held; ++turn) {
    if (lane + turn * kWarp < vectors) {
      held[turn] = from[lane + turn * kWarp];
      sum += Fold(held[turn], [](float x) { return x; });
    }
  }
  const float mean = SumOfWarp(sum) / static_cast<float>(width);
  float squares = 0.0F;
#pragma unroll
  for (int turn = 0; turn < Held; ++turn) {
    if (lane + turn * kWarp < vectors) {
      squares += Fold(held[turn], [mean](float x) { return (x - mean) * (x - mean); });
    }
  }
  const float scale = 1.0F / sqrtf(SumOfWarp(squares) / static_cast<float>(width) + eps);
  auto* const to = reinterpret_cast<Vector<T, Width>*>(out + row * width);
#pragma unroll
  for (int turn = 0; turn < Held; ++turn) {
    const int vector = lane + turn * kWarp;
    if (vector < vectors) {
      Vector<T, Width>& x = held[turn];
#pragma unroll
      for (int i = 0; i < Width; ++i) {
        const int channel = vector * Width + i;
        Assign((ToFloat(x.values[i]) - mean) * scale * weight[channel] + bias[channel],
               x.values[i]);
      }
      to[vector] = x;
    }
  }
}

template <typename T, int Width>
__global__ void GateRows(const T* in, std::int64_t vectors, int row_vectors, T* out) {
  const std::int64_t at = static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (at >= vectors) {
    return;
  }
  constexpr float kSqrtHalf = 0.70710678118F;
  const std::int64_t row = at / row_vectors;
  const auto* const from =
      reinterpret_cast<const Vector<T, Width>*>(in) + row * 2 * row_vectors + at % row_vectors;
  Vector<T, Width> value = from[0];
  const Vector<T, Width> gate = from[row_vectors];
#pragma unroll
  for (int i = 0; i < Width; ++i) {
    const float x = ToFloat(gate.values[i]);
    Assign(ToFloat(value.values[i]) * (0.5F * x * (1.0F + erff(x * kSqrtHalf))), value.values[i]);
  }
  reinterpret_cast<Vector<T, Width>*>(out)[at] = value;
}

template <typename T, int Width>
__global__ void AddRows(const T* x,
                        std::int64_t vectors,
                        int row_vectors,
                        const T* bias,
                        const T* other,
                        T* out) {
  const std::int64_t at = static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (at >= vectors) {
    return;
  }
  Vector<T, Width> sum = reinterpret_cast<const Vector<T, Width>*>(x)[at];
  const Vector<T, Width> more = reinterpret_cast<const Vector<T, Width>*>(other)[at];
  const Vector<T, Width> shift =
      reinterpret_cast<const Vector<T, Width>*>(bias)[at % row_vectors];
#pragma unroll
  for (int i = 0; i < Width; ++i) {
    Assign(ToFloat(sum.values[i]) + ToFloat(shift.values[i]) + ToFloat(more.values[i]),
           sum.values[i]);
  }
  reinterpret_cast<Vector<T, Width>*>(out)[at] = sum;
}

thread_local cudaStream_t thread_stream = nullptr;

unsigned BlocksOf(std::int64_t count, int size) {
  return static_cast<unsigned>((count + size - 1) / size);
}

}  // namespace

bool HasDeviceKernels() {
  return true;
}

Status UseDevice(int device, void* stream) {
  thread_stream = static_cast<cudaStream_t>(stream);
  return ToStatus(cudaSetDevice(device));
}

cudaStream_t ThreadStream() {
  return thread_stream;
}

Status NormalizeRowsOnDevice(const DeviceRows& rows, const DeviceLayerNorm& norm, void* out) {
  constexpr int kRows = 8;  // Of a block.
  constexpr int kHeld = 5;  // Enough for 1,280 numbers of 16 bits, or 640 of 32.
  constexpr int kHeldMax = 16;
  Status fits;
  WEFT_RETURN_IF_ERROR(OfType(rows.type, rows.width, [&](auto tag, auto vector) {
    using T = typename decltype(tag)::Type;
    const int turns = (rows.width / vector() + kWarp - 1) / kWarp;
    const auto run = [&](auto normalize) {
      normalize<<<BlocksOf(rows.rows, kRows), kRows * kWarp, 0, ThreadStream()>>>(
          static_cast<const T*>(rows.values), rows.rows, rows.width, norm.weight, norm.bias,
          norm.eps, static_cast<T*>(out));
    };
    if (turns <= kHeld) {
      run(NormalizeRows<T, vector(), kHeld>);
    } else if (turns <= kHeldMax) {
      run(NormalizeRows<T, vector(), kHeldMax>);
    } else {
      fits = Failure(ErrorCode::kUnsupported, "rows of " + std::to_string(rows.width) +
                                                  " numbers are too wide for the GPU's LayerNorm");
    }
  }));
  return fits;
}

Status GateRowsOnDevice(const DeviceRows& rows, void* out) {
  const int width = rows.width / 2;
  return OfType(rows.type, width, [&](auto tag, auto vector) {
    using T = typename decltype(tag)::Type;
    const int row_vectors = width / vector();
    const std::int64_t vectors = rows.rows * row_vectors;
    GateRows<T, vector()><<<BlocksOf(vectors, kBlock), kBlock, 0, ThreadStream()>>>(
        static_cast<const T*>(rows.values), vectors, row_vectors, static_cast<T*>(out));
  });
}

Status AddRowsOnDevice(const DeviceRows& rows, const void* bias, const void* other, void* out) {
  return OfType(rows.type, rows.width, [&](auto tag, auto vector) {
    using T = typename decltype(tag)::Type;
    const int row_vectors = rows.width / vector();
    const std::int64_t vectors = rows.rows * row_vectors;
    AddRows<T, vector()><<<BlocksOf(vectors, kBlock), kBlock, 0, ThreadStream()>>>(
        static_cast<const T*>(rows.values), vectors, row_vectors, static_cast<const T*>(bias),
        static_cast<const T*>(other), static_cast<T*>(out));
  });
}

}  // namespace weft::models
