// JSON of files from outside: refused, not thrown, and never nested so deeply that working on it
// would exhaust the stack or more memory than its text deserves.

#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "common/result.h"

namespace weft::models {

// name: what messages begin with, such as "vocab.json".
// kInvalidArgument: not JSON, not an object, or nested more than 32 levels deep.
Result<nlohmann::json> ParseJsonObject(std::string_view text, const std::string& name);

}  // namespace weft::models
