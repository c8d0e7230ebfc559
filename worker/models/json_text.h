// JSON of files from outside: refused, not thrown, and never nested so deeply that working on it
// would exhaust the stack or more memory than its text deserves.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "common/result.h"

namespace weft::models {

// name: what messages begin with, such as "vocab.json".
// kInvalidArgument: not JSON, not an object, or nested more than 32 levels deep.
Result<nlohmann::json> ParseJsonObject(std::string_view text, const std::string& name);

// The whole of a file.
// kNotFound: it cannot be opened.  kInvalidArgument: it has more than `bytes_max`. Both name it.
Result<std::string> ReadTextFile(const std::string& path, std::size_t bytes_max);

// Both: messages begin with the path.
Result<nlohmann::json> ReadJsonObject(const std::string& path, std::size_t bytes_max);

}  // namespace weft::models
