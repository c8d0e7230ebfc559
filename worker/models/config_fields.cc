#include "worker/models/config_fields.h"

#include <algorithm>
#include <utility>

#include "worker/models/json_text.h"

namespace weft::models {
namespace {

using nlohmann::json;

// Wider or deeper than any model known; keeps products of sizes far from overflow.
constexpr int kIntMax = 65536;
constexpr std::size_t kConfigBytesMax = std::size_t{1} << 20U;

}  // namespace

Result<ConfigFields> ConfigFields::Open(const std::string& path) {
  ConfigFields config;
  config.path_ = path;
  WEFT_ASSIGN_OR_RETURN(config.fields_, ReadJsonObject(path, kConfigBytesMax));
  return config;
}

const json* ConfigFields::Find(const std::string& name) {
  asked_.insert(name);
  const auto found = fields_.find(name);
  return found == fields_.end() || found->is_null() ? nullptr : &*found;
}

void ConfigFields::Keep(ErrorCode code, const std::string& name, const std::string& what) {
  if (!error_) {
    error_ = Error(code, path_ + ": " + name + " " + what);
  }
}

int ConfigFields::CheckedInt(const std::string& name, const json& value, int least) {
  if (!value.is_number_integer() || value < least || value > kIntMax) {
    Keep(ErrorCode::kInvalidArgument, name,
         "is " + value.dump() + ", not a whole number from " + std::to_string(least) + " to " +
             std::to_string(kIntMax));
    return 1;
  }
  return value.get<int>();
}

int ConfigFields::Int(const std::string& name, int absent) {
  const json* value = Find(name);
  return value == nullptr ? absent : CheckedInt(name, *value, 1);
}

int ConfigFields::IntFromZero(const std::string& name, int absent) {
  const json* value = Find(name);
  return value == nullptr ? absent : CheckedInt(name, *value, 0);
}

int ConfigFields::Int(const std::string& name) {
  const json* value = Find(name);
  if (value == nullptr) {
    Keep(ErrorCode::kInvalidArgument, name, "is missing");
    return 1;
  }
  return CheckedInt(name, *value, 1);
}

double ConfigFields::Double(const std::string& name, double absent) {
  const json* value = Find(name);
  if (value != nullptr && !value->is_number()) {
    Keep(ErrorCode::kInvalidArgument, name, "is " + value->dump() + ", not a number");
    return absent;
  }
  return value == nullptr ? absent : value->get<double>();
}

bool ConfigFields::Bool(const std::string& name, bool absent) {
  const json* value = Find(name);
  if (value != nullptr && !value->is_boolean()) {
    Keep(ErrorCode::kInvalidArgument, name, "is " + value->dump() + ", not true or false");
    return absent;
  }
  return value == nullptr ? absent : value->get<bool>();
}

std::string ConfigFields::String(const std::string& name, const std::string& absent) {
  const json* value = Find(name);
  if (value != nullptr && !value->is_string()) {
    Keep(ErrorCode::kInvalidArgument, name, "is " + value->dump() + ", not a text");
    return absent;
  }
  return value == nullptr ? absent : value->get<std::string>();
}

std::vector<int> ConfigFields::Ints(const std::string& name) {
  const json* value = Find(name);
  if (value == nullptr || !value->is_array() || value->empty()) {
    Keep(ErrorCode::kInvalidArgument, name, "is missing or not a list");
    return {1};
  }
  std::vector<int> numbers;
  for (const json& number : *value) {
    numbers.push_back(CheckedInt(name, number, 1));
  }
  return numbers;
}

std::vector<std::string> ConfigFields::Strings(const std::string& name) {
  const json* value = Find(name);
  const bool texts =
      value != nullptr && value->is_array() &&
      std::all_of(value->begin(), value->end(), [](const json& text) { return text.is_string(); });
  if (!texts) {
    Keep(ErrorCode::kInvalidArgument, name, "is missing or not a list of texts");
    return {};
  }
  return value->get<std::vector<std::string>>();
}

std::vector<int> ConfigFields::IntPerLevel(const std::string& name, int absent, std::size_t count) {
  const json* value = Find(name);
  if (value == nullptr || !value->is_array()) {
    return std::vector<int>(count, Int(name, absent));
  }
  std::vector<int> numbers = Ints(name);
  if (numbers.size() != count) {
    Keep(ErrorCode::kInvalidArgument, name, "needs one number for each level");
    numbers.resize(count, 1);
  }
  return numbers;
}

void ConfigFields::Only(const std::string& name,
                        const std::vector<json>& values,
                        const json& absent) {
  const json* found = Find(name);
  const json& value = found == nullptr ? absent : *found;
  if (std::find(values.begin(), values.end(), value) == values.end()) {
    Refuse(name,
           found == nullptr ? "is absent, which means " + absent.dump() : "is " + value.dump());
  }
}

void ConfigFields::Ignore(const std::vector<std::string>& names) {
  asked_.insert(names.begin(), names.end());
}

void ConfigFields::Refuse(const std::string& name, const std::string& why) {
  Keep(ErrorCode::kUnsupported, name, why + ", which Weft cannot do");
}

void ConfigFields::Reject(const std::string& name, const std::string& why) {
  Keep(ErrorCode::kInvalidArgument, name, why);
}

Status ConfigFields::Finish() const {
  if (error_) {
    return Failure(*error_);
  }
  for (const auto& [name, value] : fields_.items()) {
    const bool off = value.is_null() || value == false;
    if (!off && name.rfind('_', 0) != 0 && asked_.count(name) == 0) {
      return Failure(ErrorCode::kUnsupported,
                     path_ + ": " + name + " is " + value.dump() + ", which Weft does not know");
    }
  }
  return {};
}

}  // namespace weft::models
