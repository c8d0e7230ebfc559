// Job files as YAML, before anything is made of their fields.

#pragma once

#include <string>

#include <yaml-cpp/yaml.h>

#include "common/result.h"
#include "coordinator/cli/job_options.h"

namespace weft::cli {

// "FILE:LINE:COLUMN", or the file alone where the place is not known.
std::string Where(const std::string& path, const YAML::Mark& mark);

// kInvalidArgument, "PLACE: WHAT".
tl::unexpected<Error> Wrong(const std::string& place, const std::string& what);

// "a list", "a map", "a single value", "nothing".
std::string Shape(const YAML::Node& value);

// The file's text. kNotFound, kPermissionDenied; kInvalidArgument: no file, or larger than 1 MiB.
Result<std::string> TextOf(const std::string& path);

// The one map that the text is. kInvalidArgument otherwise, with the place.
Result<YAML::Node> YamlMapOf(const std::string& text, const std::string& path);

// As ReadJobText(), yaml_job.h.
Status ReadJobNode(const YAML::Node& root, const std::string& path, JobOptions& options);

}  // namespace weft::cli
