// The kernels of device_kernels.h for tensors. Everything throws as ATen does.

#pragma once

#include "worker/models/aten.h"

namespace weft::models {

// Whether `x` lies where the kernels can work on it. They are faster than LibTorch's own, and give
// other bits: workers with and without them are of two numeric classes.
bool TakesDeviceKernels(const at::Tensor& x);

struct DeviceGroups {
  at::Tensor weight;  // float32, [channels]
  at::Tensor bias;
  int groups = 1;
  double eps = 1e-5;
  bool silu = false;
};

// x: [samples, channels, height, width], made channels-last; float32, float16 or bfloat16.
// shift: what is added to it first, float32, [1, channels] or [samples, channels]; or undefined.
at::Tensor NormalizeGroupsOnDevice(const at::Tensor& x,
                                   const at::Tensor& shift,
                                   const DeviceGroups& norm);

// x: [..., width].  weight, bias: float32, [width].
at::Tensor NormalizeRowsOnDevice(const at::Tensor& x,
                                 const at::Tensor& weight,
                                 const at::Tensor& bias,
                                 double eps);

// x: [..., 2 * width]: values, then gates. Gives values * gelu(gates).
at::Tensor GateRowsOnDevice(const at::Tensor& x);

// x + bias + other, in place where x is channels-last.  x, other: [samples, channels, height,
// width].  bias: [channels], of x's type.
at::Tensor AddRowsOnDevice(const at::Tensor& x, const at::Tensor& bias, const at::Tensor& other);

}  // namespace weft::models
