// Where a model's tokenizer is. Needs no LibTorch.

#pragma once

#include <string>

#include "common/result.h"
#include "worker/models/diffusion_model.h"

namespace weft::models {

// options.tokenizer, else the model folder's, or the one in a single file's ConfigFolder().
// kInvalidArgument: a single file has none, and options.tokenizer is empty.
Result<std::string> TokenizerFolder(const ModelOptions& options);

}  // namespace weft::models
