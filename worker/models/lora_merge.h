// Adds LoRAs to a weight.

#pragma once

#include <vector>

#include "worker/models/aten.h"
#include "worker/models/lora.h"

namespace weft::models {

// weight + the sum of the terms, in their order: float32 on the CPU, a new tensor of the same
// shape. The terms' shapes fit, as ReadLoras() makes sure.
at::Tensor Merge(const at::Tensor& weight, const std::vector<LoraTerm>& terms);

}  // namespace weft::models
