// What a diffusion model's layers do between their products, in one pass over memory each: LibTorch
// takes two to five, and transposes channels-last pictures for some of them. GPUs of NVIDIA.
//
// Pictures are channels-last rows of cells, [samples, cells, channels], tokens rows as well. Values
// are of one type, computed in float32 and rounded once; sums have one order, which depends on the
// shape of a sample alone: not on how many there are, nor on which of them it is.

#pragma once

#include <cstddef>
#include <cstdint>

#include "common/result.h"

namespace weft::models {

enum class DeviceType { kFloat32, kFloat16, kBfloat16 };

// The widest picture that NormalizeGroupsOnDevice() takes, in channels.
constexpr int kDeviceChannelsMax = 4096;

// All pointers are to memory of the current CUDA device; the work is put into the stream that
// UseDevice() named, and may not be done when the function returns. Any thread. kUnsupported: Weft
// was built without nvcc.  kInternal: CUDA refuses, and why.

// False: Weft was built without nvcc, and the functions below refuse.
bool HasDeviceKernels();

// Makes CUDA's device `device`, counted from 0, the calling thread's current one, and `stream`, a
// cudaStream_t of it, that of its work; null: the default stream.
Status UseDevice(int device, void* stream);

struct DevicePictures {
  const void* values;  // [samples, cells, channels]
  DeviceType type;
  std::int64_t samples;
  std::int64_t cells;
  int channels;  // At most kDeviceChannelsMax, and a multiple of the groups.
};

struct DeviceGroupNorm {
  const float* weight;  // [channels]
  const float* bias;    // [channels]
  int groups;
  float eps;
  bool silu;  // x * sigmoid(x) behind it.
};

// Bytes of memory that NormalizeGroupsOnDevice() needs beside.
std::size_t GroupNormScratch(const DevicePictures& pictures, int groups);

struct DeviceShift {
  const float* values = nullptr;  // [channels], or [samples, channels]; null: 0.
  bool per_sample = false;
};

// GroupNorm of Wu and He (2018) of pictures + shift.
// scratch: of GroupNormScratch() bytes, aligned to 16.  out: as the pictures; may be they.
Status NormalizeGroupsOnDevice(const DevicePictures& pictures,
                               const DeviceShift& shift,
                               const DeviceGroupNorm& norm,
                               void* scratch,
                               void* out);

struct DeviceRows {
  const void* values;  // [rows, width]
  DeviceType type;
  std::int64_t rows;
  int width;
};

struct DeviceLayerNorm {
  const float* weight;  // [width]
  const float* bias;    // [width]
  float eps;
};

// LayerNorm of every row.  out: as the rows; may be they.
// width: at most 2,048 numbers of 32 bits or 4,096 of 16; 512 where 16 bytes do not divide a row.
// kUnsupported: it is wider.
Status NormalizeRowsOnDevice(const DeviceRows& rows, const DeviceLayerNorm& norm, void* out);

// GEGLU of Shazeer (2020): value * gelu(gate), with the error function.
// rows: values, then gates: twice as wide as out.
Status GateRowsOnDevice(const DeviceRows& rows, void* out);

// out = rows + bias + other; out may be the rows.  other: as the rows.  bias: [width], of their
// type.
Status AddRowsOnDevice(const DeviceRows& rows, const void* bias, const void* other, void* out);

}  // namespace weft::models
