// The weights of a layer as DirectConv reads them, and tensors multiplied by them.

#pragma once

#include "worker/models/aten.h"
#include "worker/models/direct_conv.h"

namespace weft::models {

struct PackedFilter {
  at::Tensor values;  // float32, [PackedFloats(shape)]; undefined where there are none.
  FilterShape shape;

  // x: float32 on the CPU, [batch, in, height, width], made channels-last.  bias: [out], or
  // undefined. Gives [batch, out, …], channels-last.
  [[nodiscard]] at::Tensor Convolve(const at::Tensor& x,
                                    const at::Tensor& bias,
                                    const ConvSteps& steps) const;

  // For filters of one tap.  x: float32 on the CPU, [..., in]. Gives [..., out].
  [[nodiscard]] at::Tensor Multiply(const at::Tensor& x, const at::Tensor& bias) const;
};

// weight: [out, in] or [out, in, height, width]. Undefined values if it is not what DirectConv
// takes: float32, on the CPU, and there (what stands for a missing tensor is one element). Nor for
// processors with AVX-512: oneDNN, which LibTorch calls, computes channels-last pictures with it as
// fast or faster; with AVX2 alone, at a third of DirectConv's rate. Older processors were not
// measured.
PackedFilter Pack(const at::Tensor& weight);

}  // namespace weft::models
