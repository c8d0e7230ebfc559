#include "worker/models/json_text.h"

#include <algorithm>

namespace weft::models {
namespace {

constexpr int kDepthMax = 32;  // A tokenizer.json has 7.

// Levels of brackets outside texts; exact for JSON, and enough to refuse what is none.
int Depth(std::string_view text) {
  int depth = 0;
  int deepest = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char letter = text[i];
    if (letter == '"') {
      quoted = !quoted;
    } else if (quoted) {
      i += letter == '\\' ? 1 : 0;
    } else if (letter == '[' || letter == '{') {
      deepest = std::max(deepest, ++depth);
    } else if (letter == ']' || letter == '}') {
      --depth;
    }
  }
  return deepest;
}

}  // namespace

Result<nlohmann::json> ParseJsonObject(std::string_view text, const std::string& name) {
  if (Depth(text) > kDepthMax) {
    return Failure(ErrorCode::kInvalidArgument, name + ": nested too deeply");
  }
  nlohmann::json object = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!object.is_object()) {
    return Failure(ErrorCode::kInvalidArgument, name + ": not a JSON object");
  }
  return object;
}

}  // namespace weft::models
