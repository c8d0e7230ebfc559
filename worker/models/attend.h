// Scaled dot-product attention of one sample.

#pragma once

#include "worker/models/aten.h"

namespace weft::models {

// softmax(q k^T / sqrt(width / heads)) v for one sample.
// q: [queries, width]; k, v: [keys, width].  Gives [queries, width].  Memory is bounded: queries
// are taken in runs. REQUIRES: heads divides width.
at::Tensor Attend(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, int heads);

}  // namespace weft::models
