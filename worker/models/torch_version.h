// What LibTorch 2 has and 1.13 has not. Nothing else in Weft asks which version it is built with.

#pragma once

#include <optional>

#include "worker/models/aten.h"

namespace weft::models {

// softmax(q k^T / sqrt(width)) v in one kernel that never writes the scores to memory; nothing
// where this LibTorch (before 2.0) has none. Any device; on CUDA the kernel is FlashAttention's for
// float16 and bfloat16, and one that bounds its memory as well for float32.
// q: [samples, heads, queries, width]; k, v: [samples, heads, keys, width]. Gives q's shape.
std::optional<at::Tensor> FusedAttention(const at::Tensor& q,
                                         const at::Tensor& k,
                                         const at::Tensor& v);

}  // namespace weft::models
