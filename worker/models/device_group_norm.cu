#include <algorithm>
#include <cstddef>

#include "worker/models/device_kernels.h"
#include "worker/models/device_values.cuh"

namespace weft::models {
namespace {

// Mean and sum of squared differences from it.
struct Moments {
  float mean;
  float squares;
};

// Of two sets of values, as one. Chan, Golub and LeVeque (1979), eq. 2.1.
__device__ Moments Join(const Moments& a, float a_count, const Moments& b, float b_count) {
  if (b_count == 0.0F) {
    return a;
  }
  const float difference = b.mean - a.mean;
  const float share = b_count / (a_count + b_count);
  return {a.mean + difference * share,
          a.squares + b.squares + difference * difference * a_count * share};
}

// How a picture's work is dealt out; depends on the shape of one sample alone.
struct Deal {
  int vectors;          // Of a cell.
  int across;           // Threads that share a cell.
  int rows;             // Cells that a block has in hand at once.
  int chunk;            // Cells of a block.
  int chunks;           // Blocks of a sample.
};

Deal DealOf(std::int64_t cells, int channels, int width) {
  constexpr std::int64_t kChunksWanted = 32;
  constexpr std::int64_t kChunkMin = 16;
  constexpr std::int64_t kChunkMax = 256;
  Deal deal{};
  deal.vectors = channels / width;
  deal.across = std::min(deal.vectors, kBlock);
  deal.rows = std::max(1, kBlock / deal.across);
  deal.chunk = static_cast<int>(std::clamp(cells / kChunksWanted, kChunkMin, kChunkMax));
  deal.chunks = static_cast<int>((cells + deal.chunk - 1) / deal.chunk);
  return deal;
}

struct GroupTask {
  const void* in;
  const float* shift;
  std::int64_t shift_stride;  // Between samples.
  std::int64_t cells;
  int channels;
  int groups;
  Deal deal;
  Moments* parts;  // [samples, chunks, groups]
  float2* change;  // [samples, channels]: what is taken off, and what the rest is multiplied by.
};

// Each channel's sums of a chunk, then its groups' moments.
// Shared memory: 2 * rows * channels floats.
template <typename T, int Width>
__global__ void SumChunks(GroupTask task) {
  extern __shared__ float shared[];
  const Deal& deal = task.deal;
  const int lane = static_cast<int>(threadIdx.x) % deal.across;
  const int row = static_cast<int>(threadIdx.x) / deal.across;
  const std::int64_t sample = blockIdx.y;
  const std::int64_t begin = static_cast<std::int64_t>(blockIdx.x) * deal.chunk;
  const std::int64_t end = min(begin + deal.chunk, task.cells);
  const T* const picture =
      static_cast<const T*>(task.in) + sample * task.cells * task.channels;
  const float* const shift =
      task.shift == nullptr ? nullptr : task.shift + sample * task.shift_stride;
  float* const sums = shared;
  float* const squares = shared + deal.rows * task.channels;
  for (int vector = lane; vector < deal.vectors; vector += deal.across) {
    // Differences from the chunk's first cell: squares of large means would leave no digits.
    const auto first =
        *reinterpret_cast<const Vector<T, Width>*>(picture + begin * task.channels + vector * Width);
    float centre[Width];
    float sum[Width] = {};
    float square[Width] = {};
    for (int i = 0; i < Width; ++i) {
      centre[i] = ToFloat(first.values[i]);
    }
    for (std::int64_t cell = begin + row; cell < end; cell += deal.rows) {
      const auto x = *reinterpret_cast<const Vector<T, Width>*>(picture + cell * task.channels +
                                                                vector * Width);
#pragma unroll
      for (int i = 0; i < Width; ++i) {
        const float difference = ToFloat(x.values[i]) - centre[i];
        sum[i] += difference;
        square[i] += difference * difference;
      }
    }
    for (int i = 0; i < Width; ++i) {
      sums[row * task.channels + vector * Width + i] = sum[i];
      squares[row * task.channels + vector * Width + i] = square[i];
    }
  }
  __syncthreads();
  const float count = static_cast<float>(end - begin);
  for (int channel = static_cast<int>(threadIdx.x); channel < task.channels;
       channel += static_cast<int>(blockDim.x)) {
    float sum = 0.0F;
    float square = 0.0F;
    for (int r = 0; r < deal.rows; ++r) {
      sum += sums[r * task.channels + channel];
      square += squares[r * task.channels + channel];
    }
    const float offset = sum / count;
    const float centre = ToFloat(picture[begin * task.channels + channel]) +
                         (shift == nullptr ? 0.0F : shift[channel]);
    sums[channel] = centre + offset;
    squares[channel] = fmaxf(square - sum * offset, 0.0F);
  }
  __syncthreads();
  const int group_width = task.channels / task.groups;
  for (int group = static_cast<int>(threadIdx.x); group < task.groups;
       group += static_cast<int>(blockDim.x)) {
    Moments moments{0.0F, 0.0F};
    float seen = 0.0F;
    for (int i = 0; i < group_width; ++i) {
      const int channel = group * group_width + i;
      moments = Join(moments, seen, {sums[channel], squares[channel]}, count);
      seen += count;
    }
    task.parts[(sample * deal.chunks + blockIdx.x) * task.groups + group] = moments;
  }
}

// A warp for each group of a sample: what each of its channels is changed by.
__global__ void JoinChunks(GroupTask task, const float* weight, float eps) {
  const Deal& deal = task.deal;
  const std::int64_t sample = blockIdx.y;
  const int group = static_cast<int>(blockIdx.x);
  const int lane = static_cast<int>(threadIdx.x);
  const int group_width = task.channels / task.groups;
  Moments moments{0.0F, 0.0F};
  float seen = 0.0F;
  for (int chunk = lane; chunk < deal.chunks; chunk += kWarp) {
    const std::int64_t begin = static_cast<std::int64_t>(chunk) * deal.chunk;
    const auto cells = static_cast<float>(min(begin + deal.chunk, task.cells) - begin);
    const float count = cells * static_cast<float>(group_width);
    moments = Join(moments, seen,
                   task.parts[(sample * deal.chunks + chunk) * task.groups + group], count);
    seen += count;
  }
  for (int step = kWarp / 2; step > 0; step /= 2) {
    const Moments other{__shfl_down_sync(0xFFFFFFFFU, moments.mean, step),
                        __shfl_down_sync(0xFFFFFFFFU, moments.squares, step)};
    const float other_seen = __shfl_down_sync(0xFFFFFFFFU, seen, step);
    if (lane + step < kWarp && seen > 0.0F) {
      moments = Join(moments, seen, other, other_seen);
      seen += other_seen;
    }
  }
  const float mean = __shfl_sync(0xFFFFFFFFU, moments.mean, 0);
  const float variance = __shfl_sync(0xFFFFFFFFU, moments.squares, 0) /
                         (static_cast<float>(task.cells) * static_cast<float>(group_width));
  const float scale = 1.0F / sqrtf(variance + eps);
  for (int i = lane; i < group_width; i += kWarp) {
    const int channel = group * group_width + i;
    const float shift =
        task.shift == nullptr ? 0.0F : task.shift[sample * task.shift_stride + channel];
    task.change[sample * task.channels + channel] = {mean - shift, scale * weight[channel]};
  }
}

template <typename T, int Width, bool Silu>
__global__ void ChangeCells(GroupTask task, const float* bias, T* out) {
  const Deal& deal = task.deal;
  const int lane = static_cast<int>(threadIdx.x) % deal.across;
  const int row = static_cast<int>(threadIdx.x) / deal.across;
  const std::int64_t sample = blockIdx.y;
  const std::int64_t begin = static_cast<std::int64_t>(blockIdx.x) * deal.chunk;
  const std::int64_t end = min(begin + deal.chunk, task.cells);
  const T* const picture = static_cast<const T*>(task.in) + sample * task.cells * task.channels;
  T* const changed = out + sample * task.cells * task.channels;
  for (int vector = lane; vector < deal.vectors; vector += deal.across) {
    float2 change[Width];
    float after[Width];
    for (int i = 0; i < Width; ++i) {
      change[i] = task.change[sample * task.channels + vector * Width + i];
      after[i] = bias[vector * Width + i];
    }
    for (std::int64_t cell = begin + row; cell < end; cell += deal.rows) {
      const std::int64_t at = cell * task.channels + vector * Width;
      auto x = *reinterpret_cast<const Vector<T, Width>*>(picture + at);
#pragma unroll
      for (int i = 0; i < Width; ++i) {
        float y = (ToFloat(x.values[i]) - change[i].x) * change[i].y + after[i];
        if (Silu) {
          y /= 1.0F + expf(-y);
        }
        Assign(y, x.values[i]);
      }
      *reinterpret_cast<Vector<T, Width>*>(changed + at) = x;
    }
  }
}

std::size_t ChangeBytes(const DevicePictures& pictures) {
  return static_cast<std::size_t>(pictures.samples) * static_cast<std::size_t>(pictures.channels) *
         sizeof(float2);
}

template <typename T, int Width>
void RunGroupNorm(GroupTask task, std::int64_t samples, const DeviceGroupNorm& norm, T* out) {
  const Deal& deal = task.deal;
  const dim3 grid(static_cast<unsigned>(deal.chunks), static_cast<unsigned>(samples));
  const auto threads = static_cast<unsigned>(deal.across * deal.rows);
  const std::size_t shared = 2 * sizeof(float) * static_cast<std::size_t>(deal.rows) *
                             static_cast<std::size_t>(task.channels);
  SumChunks<T, Width><<<grid, threads, shared, ThreadStream()>>>(task);
  const dim3 groups(static_cast<unsigned>(task.groups), static_cast<unsigned>(samples));
  JoinChunks<<<groups, kWarp, 0, ThreadStream()>>>(task, norm.weight, norm.eps);
  if (norm.silu) {
    ChangeCells<T, Width, true><<<grid, threads, 0, ThreadStream()>>>(task, norm.bias, out);
  } else {
    ChangeCells<T, Width, false><<<grid, threads, 0, ThreadStream()>>>(task, norm.bias, out);
  }
}

}  // namespace

std::size_t GroupNormScratch(const DevicePictures& pictures, int groups) {
  const Deal deal = DealOf(pictures.cells, pictures.channels, 1);
  return ChangeBytes(pictures) + static_cast<std::size_t>(pictures.samples) *
                                     static_cast<std::size_t>(deal.chunks) *
                                     static_cast<std::size_t>(groups) * sizeof(Moments);
}

Status NormalizeGroupsOnDevice(const DevicePictures& pictures,
                               const DeviceShift& shift,
                               const DeviceGroupNorm& norm,
                               void* scratch,
                               void* out) {
  GroupTask task{};
  task.in = pictures.values;
  task.shift = shift.values;
  task.shift_stride = shift.per_sample ? pictures.channels : 0;
  task.cells = pictures.cells;
  task.channels = pictures.channels;
  task.groups = norm.groups;
  task.change = static_cast<float2*>(scratch);
  task.parts =
      reinterpret_cast<Moments*>(static_cast<std::byte*>(scratch) + ChangeBytes(pictures));
  return OfType(pictures.type, pictures.channels, [&](auto tag, auto width) {
    using T = typename decltype(tag)::Type;
    task.deal = DealOf(pictures.cells, pictures.channels, width);
    RunGroupNorm<T, width()>(task, pictures.samples, norm, static_cast<T*>(out));
  });
}

}  // namespace weft::models
