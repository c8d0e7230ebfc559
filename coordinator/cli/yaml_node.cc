#include "coordinator/cli/yaml_node.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string_view>
#include <system_error>
#include <vector>

#include "common/utf8.h"

namespace weft::cli {
namespace {

constexpr std::uintmax_t kFileBytesMax = 16 << 20;

// yaml-cpp notices a quote that is never closed only where the text ends at once.
std::string WithoutTrailingSpace(const std::string& text) {
  return text.substr(0, text.find_last_not_of(" \t\r\n") + 1);
}

bool IsNamedAsVideo(const std::string& path) {
  constexpr std::array kVideos = {".mp4", ".m4v", ".mov", ".mkv", ".webm",
                                  ".avi", ".mpg", ".mxf", ".ts",  ".mts"};
  std::string extension = std::filesystem::path(path).extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  return std::find(kVideos.begin(), kVideos.end(), extension) != kVideos.end();
}

// Of other bytes, the parser would only say which of them it could not read.
Status CheckIsText(const std::string& text, const std::string& path) {
  constexpr std::size_t kLookedAt = 4096;
  const std::string_view begin = FirstBytes(text, kLookedAt);
  if (begin.find('\0') == std::string_view::npos && IsUtf8(begin)) {
    return {};
  }
  return Failure(ErrorCode::kInvalidArgument,
                 path + " is no job file (YAML)" +
                     (IsNamedAsVideo(path) ? ", but looks like a video: weft render takes those"
                                           : ": it is no text"));
}

}  // namespace

std::string Where(const std::string& path, const YAML::Mark& mark) {
  if (mark.is_null()) {
    return path;
  }
  return path + ":" + std::to_string(mark.line + 1) + ":" + std::to_string(mark.column + 1);
}

tl::unexpected<Error> Wrong(const std::string& place, const std::string& what) {
  return Failure(ErrorCode::kInvalidArgument, place + ": " + what);
}

std::string Shape(const YAML::Node& value) {
  switch (value.Type()) {
    case YAML::NodeType::Sequence:
      return "a list";
    case YAML::NodeType::Map:
      return "a map";
    case YAML::NodeType::Scalar:
      return "a single value";
    default:
      return "nothing";
  }
}

FieldNodes FieldsOf(const YAML::Node& map) {
  FieldNodes fields;
  fields.reserve(map.size());
  for (const auto& field : map) {
    fields.push_back({field.first, field.second});
  }
  return fields;
}

Result<YAML::Node> YamlMapOf(const std::string& text, const std::string& path) {
  try {
    const std::vector<YAML::Node> documents = YAML::LoadAll(WithoutTrailingSpace(text));
    if (documents.size() != 1) {
      return Wrong(path, "must hold one job, not " + std::to_string(documents.size()));
    }
    const YAML::Node& root = documents.front();
    if (!root.IsMap()) {
      return Wrong(Where(path, root.Mark()),
                   "must be a map of fields such as \"steps: 20\", not " + Shape(root));
    }
    return root;
  } catch (const YAML::Exception& exception) {
    return Wrong(Where(path, exception.mark), exception.msg);
  }
}

Result<std::string> TextOf(const std::string& path) {
  std::error_code error;
  const bool exists = std::filesystem::exists(path, error);
  if (!error && !exists) {
    return Failure(ErrorCode::kNotFound, "no such job file: " + path);
  }
  if (!std::filesystem::is_regular_file(path, error)) {
    return Failure(ErrorCode::kInvalidArgument, "not a job file: " + path);
  }
  if (std::filesystem::file_size(path, error) > kFileBytesMax) {
    return Failure(ErrorCode::kInvalidArgument, "too large for a job file (16 MiB): " + path);
  }
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file) {
    return Failure(ErrorCode::kPermissionDenied, "cannot read the job file " + path);
  }
  WEFT_RETURN_IF_ERROR(CheckIsText(text.str(), path));
  return text.str();
}

}  // namespace weft::cli
