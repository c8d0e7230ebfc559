// Scaled dot-product attention.

#pragma once

#include "worker/models/aten.h"

namespace weft::models {

// softmax(q k^T / sqrt(width / heads)) v for each sample of a batch.
// q: [samples, queries, width]; k, v: [samples, keys, width].  Gives [samples, queries, width].
// On a device in one kernel, where this LibTorch has it; memory is bounded otherwise, too: queries
// are taken in runs. REQUIRES: heads divides width.
at::Tensor Attend(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, int heads);

}  // namespace weft::models
