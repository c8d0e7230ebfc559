#include "worker/models/json_text.h"

#include <algorithm>
#include <fstream>

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

Result<std::string> ReadTextFile(const std::string& path, std::size_t bytes_max) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    return Failure(ErrorCode::kNotFound, path + ": no such file, or it may not be read");
  }
  std::string text;
  constexpr std::size_t kPiece = 65536;
  while (file && text.size() <= bytes_max) {
    const std::size_t before = text.size();
    text.resize(before + kPiece);
    file.read(text.data() + before, kPiece);
    text.resize(before + static_cast<std::size_t>(std::max<std::streamsize>(file.gcount(), 0)));
  }
  if (text.size() > bytes_max) {
    return Failure(ErrorCode::kInvalidArgument,
                   path + ": too large, more than " + std::to_string(bytes_max) + " bytes");
  }
  return text;
}

Result<nlohmann::json> ReadJsonObject(const std::string& path, std::size_t bytes_max) {
  WEFT_ASSIGN_OR_RETURN(const std::string text, ReadTextFile(path, bytes_max));
  return ParseJsonObject(text, path);
}

}  // namespace weft::models
