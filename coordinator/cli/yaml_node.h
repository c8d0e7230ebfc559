// Job files as YAML, before anything is made of their fields.

#pragma once

#include <string>
#include <vector>

#include <yaml-cpp/yaml.h>

#include "common/result.h"
#include "coordinator/cli/job_options.h"

namespace weft::cli {

// "FILE:LINE:COLUMN", or the file alone where the place is not known.
std::string Where(const std::string& path, const YAML::Mark& mark);

// kInvalidArgument, "PLACE: WHAT".
tl::unexpected<Error> Wrong(const std::string& place, const std::string& what);

// A map's names and values, in the order in which they stand; each still knows its place.
//
// Jobs are put together of these and not of nodes: yaml-cpp lets a node that is put into another
// own all that the other's document owns, which takes as long as that document is.
struct FieldNode {
  // Constant, because assigning to a node changes it for everybody who holds it.
  const YAML::Node name;
  const YAML::Node value;
};
using FieldNodes = std::vector<FieldNode>;

FieldNodes FieldsOf(const YAML::Node& map);

// "a list", "a map", "a single value", "nothing".
std::string Shape(const YAML::Node& value);

// The file's text. kNotFound, kPermissionDenied; kInvalidArgument: no file, larger than 16 MiB, or
// no text.
Result<std::string> TextOf(const std::string& path);

// The one map that the text is. kInvalidArgument otherwise, with the place.
Result<YAML::Node> YamlMapOf(const std::string& text, const std::string& path);

// As ReadJobText(), yaml_job.h.
Status ReadJobNode(const FieldNodes& job, const std::string& path, JobOptions& options);

}  // namespace weft::cli
