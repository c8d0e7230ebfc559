// A program's options in a YAML file: one map, whose keys are the options' names without dashes.
//
//   listen: tcp://*:7733
//   heartbeat-ms: 5000
//   tag: [fast-disk, studio-b]     # An option that may be repeated.
//   plain-tcp: true                # One that is there or is not.

#pragma once

#include <string>
#include <vector>

#include "common/result.h"

namespace weft {

struct Setting {
  std::string name;
  std::vector<std::string> values;
  std::string place;  // "FILE:LINE:COLUMN", of its value.
};

// In the order of the file.
// kNotFound, kPermissionDenied: it cannot be read.  kInvalidArgument: it is no such map, or a name
// stands in it twice; says where.
Result<std::vector<Setting>> ReadSettings(const std::string& path);

// The same for the file's text. path: for messages.
Result<std::vector<Setting>> ReadSettingsText(const std::string& text, const std::string& path);

}  // namespace weft
