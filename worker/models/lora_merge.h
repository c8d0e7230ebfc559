// Adds LoRAs to a weight.

#pragma once

#include <vector>

#include "worker/models/aten.h"
#include "worker/models/lora.h"

namespace weft::models {

// weight + the sum of the terms, in their order: a new tensor of float32, of the weight's shape and
// on its device, which computes it. The terms' shapes fit, as ReadLoras() makes sure.
at::Tensor Merge(const at::Tensor& weight, const std::vector<LoraTerm>& terms);

}  // namespace weft::models
