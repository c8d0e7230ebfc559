// The weights of a layer as DirectConv or WinogradConv reads them, and tensors multiplied by them.

#pragma once

#include "worker/models/aten.h"
#include "worker/models/direct_conv.h"

namespace weft::models {

struct PackedFilter {
  at::Tensor values;  // As packed; undefined where there are none.
  FilterShape shape;
  bool winograd = false;  // For WinogradConv: steps are {1, 1}.

  // x: of the same type, on the CPU, [batch, in, height, width], made channels-last.  bias: [out],
  // or undefined. Gives [batch, out, …], channels-last.
  [[nodiscard]] at::Tensor Convolve(const at::Tensor& x,
                                    const at::Tensor& bias,
                                    const ConvSteps& steps) const;

  // For filters of one tap.  x: of the same type, on the CPU, [..., in]. Gives [..., out].
  [[nodiscard]] at::Tensor Multiply(const at::Tensor& x, const at::Tensor& bias) const;
};

// weight: [out, in] or [out, in, height, width]. Undefined values if it is not what DirectConv
// takes: float32 or bfloat16, on the CPU, and there (what stands for a missing tensor is one
// element). Nor bfloat16 where HasFastBfloat16(): oneDNN is nearly twice as fast then. In float32
// DirectConv is about as fast as oneDNN on a processor with AVX-512, and needs less memory; with
// AVX2 alone it is three times as fast.
PackedFilter Pack(const at::Tensor& weight);

// The same for WinogradConv, and undefined values for what that does not take, bfloat16 among it:
// the sums of weights that it keeps would be rounded once more.
PackedFilter PackWinograd(const at::Tensor& weight);

}  // namespace weft::models
