// Reads the fields of a config.json, and finds the ones nobody read: a field that changes the
// computation is supported or refused, never passed over.

#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "common/result.h"

namespace weft::models {

// Keeps the first error and gives harmless values after it; Finish() tells. One thread.
class ConfigFields {
 public:
  // kNotFound: no such file.  kInvalidArgument: not a JSON object. Both name the file.
  static Result<ConfigFields> Open(const std::string& path);

  // A field that is absent or null takes `absent`. A field of another type, or a number outside
  // 1 .. 65536 for Int, is kInvalidArgument.
  int Int(const std::string& name, int absent);
  int IntFromZero(const std::string& name, int absent);  // 0 .. 65536
  double Double(const std::string& name, double absent);
  bool Bool(const std::string& name, bool absent);
  std::string String(const std::string& name, const std::string& absent);

  // Same, without a value to fall back on: absent is kInvalidArgument.
  int Int(const std::string& name);
  std::vector<int> Ints(const std::string& name);
  std::vector<std::string> Strings(const std::string& name);

  // One number for all `count` levels, or a list of `count`.
  std::vector<int> IntPerLevel(const std::string& name, int absent, std::size_t count);

  // Weft can do only `values`. Absent and null mean `absent`. Anything else is kUnsupported.
  void Only(const std::string& name,
            const std::vector<nlohmann::json>& values,
            const nlohmann::json& absent);

  // Fields that do not change the result of inference.
  void Ignore(const std::vector<std::string>& names);

  // Reports a combination that Weft cannot do (kUnsupported) or that makes no sense.
  void Refuse(const std::string& name, const std::string& why);
  void Reject(const std::string& name, const std::string& why);

  // The first error; else kUnsupported for a field that was never asked for, is neither null nor
  // false, and does not begin with "_". Messages begin with the file's path.
  [[nodiscard]] Status Finish() const;

 private:
  ConfigFields() = default;
  const nlohmann::json* Find(const std::string& name);
  void Keep(ErrorCode code, const std::string& name, const std::string& what);
  int CheckedInt(const std::string& name, const nlohmann::json& value, int least);

  std::string path_;
  nlohmann::json fields_;
  std::set<std::string> asked_;
  std::optional<Error> error_;
};

}  // namespace weft::models
