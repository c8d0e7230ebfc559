#include "common/settings/settings_file.h"

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <system_error>

#include <yaml-cpp/yaml.h>

namespace weft {
namespace {

std::string Where(const std::string& path, const YAML::Mark& mark) {
  return mark.is_null()
             ? path
             : path + ":" + std::to_string(mark.line + 1) + ":" + std::to_string(mark.column + 1);
}

tl::unexpected<Error> Wrong(const std::string& place, const std::string& what) {
  return Failure(ErrorCode::kInvalidArgument, place + ": " + what);
}

// The error reads after the option's name.
Result<std::vector<std::string>> ValuesOf(const YAML::Node& node) {
  if (node.IsScalar()) {
    return std::vector<std::string>{node.Scalar()};
  }
  std::vector<std::string> values;
  for (const YAML::Node& item : node) {
    if (!node.IsSequence() || !item.IsScalar()) {
      return Failure(ErrorCode::kInvalidArgument, "must be a single value or a list of them");
    }
    values.push_back(item.Scalar());
  }
  if (values.empty()) {
    return Failure(ErrorCode::kInvalidArgument, "has no value");
  }
  return values;
}

Result<std::vector<Setting>> SettingsOf(const YAML::Node& root, const std::string& path) {
  std::vector<Setting> settings;
  std::set<std::string> seen;
  for (const auto& entry : root) {
    const std::string place = Where(path, entry.first.Mark());
    if (!entry.first.IsScalar()) {
      return Wrong(place, "an option's name must be a word");
    }
    const std::string& name = entry.first.Scalar();
    if (!seen.insert(name).second) {
      return Wrong(place, "\"" + name + "\" is given twice");
    }
    std::string value_place = entry.second.IsNull() ? place : Where(path, entry.second.Mark());
    Result<std::vector<std::string>> values = ValuesOf(entry.second);
    if (!values) {
      return Wrong(value_place.append(": ").append(name), values.error().message());
    }
    settings.push_back({name, *std::move(values), std::move(value_place)});
  }
  return settings;
}

}  // namespace

Result<std::vector<Setting>> ReadSettingsText(const std::string& text, const std::string& path) {
  try {
    // yaml-cpp notices a quote that is never closed only where the text ends at once.
    const YAML::Node root = YAML::Load(text.substr(0, text.find_last_not_of(" \t\r\n") + 1));
    if (root.IsNull()) {
      return std::vector<Setting>{};
    }
    if (!root.IsMap()) {
      return Wrong(Where(path, root.Mark()), "must be a map of options such as \"name: gpu17\"");
    }
    return SettingsOf(root, path);
  } catch (const YAML::Exception& exception) {
    return Wrong(Where(path, exception.mark), exception.msg);
  }
}

Result<std::vector<Setting>> ReadSettings(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) {
    return Failure(ErrorCode::kNotFound, "no such file: " + path);
  }
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file) {
    return Failure(ErrorCode::kPermissionDenied, "cannot read " + path);
  }
  return ReadSettingsText(text.str(), path);
}

}  // namespace weft
