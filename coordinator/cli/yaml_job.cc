#include "coordinator/cli/yaml_job.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <vector>

#include <yaml-cpp/yaml.h>

#include "coordinator/cli/control_option.h"
#include "coordinator/cli/job_fields.h"
#include "coordinator/cli/output_name.h"
#include "coordinator/cli/yaml_node.h"

namespace weft::cli {
namespace {

std::string Allowed(FieldKind kind) {
  switch (kind) {
    case FieldKind::kSwitch:
      return "true or false";
    case FieldKind::kList:
      return "a list such as [4, 9, 14], or none";
    case FieldKind::kPaths:
      return "a single value or a list of them";
    case FieldKind::kControls:
      return "a map such as {softedge: 0.8} or {kind: tile, scale: 0.6}, or a list of them";
    default:
      return "a single value";
  }
}

bool IsFlatMap(const YAML::Node& value) {
  return value.IsMap() && std::all_of(value.begin(), value.end(), [](const auto& entry) {
           return entry.first.IsScalar() && entry.second.IsScalar();
         });
}

// {softedge: 0.8} or {kind: softedge, scale: 0.8}.
Result<std::string> MapText(const YAML::Node& map) {
  std::vector<std::pair<std::string, std::string>> entries;
  for (const auto& entry : map) {
    entries.emplace_back(entry.first.Scalar(), entry.second.Scalar());
  }
  if (entries.size() == 1 && entries.front().first != "kind") {
    return entries.front().first + "=" + entries.front().second;
  }
  return ControlText(entries);
}

// The value as the command line would have it, or nothing where the shape is not the field's.
Result<std::string> FlagText(const YAML::Node& value, const Field& field) {
  const auto is_scalar = [](const YAML::Node& node) { return node.IsScalar(); };
  if (value.IsScalar()) {
    return value.Scalar();
  }
  if (field.kind == FieldKind::kList && value.IsSequence() && value.size() > 0 &&
      std::all_of(value.begin(), value.end(), is_scalar)) {
    std::string text;
    for (const YAML::Node& item : value) {
      text += (text.empty() ? "" : ",") + item.Scalar();
    }
    return text;
  }
  if (field.kind == FieldKind::kList && value.IsSequence() && value.size() == 0) {
    return std::string("none");
  }
  if (field.kind == FieldKind::kControls && IsFlatMap(value)) {
    return MapText(value);
  }
  return Failure(ErrorCode::kInvalidArgument,
                 "must be " + Allowed(field.kind) + ", not " + Shape(value));
}

Status SetText(const YAML::Node& value,
               const std::string& path,
               const Field& field,
               JobOptions& options) {
  const std::string place = Where(path, value.Mark()) + ": " + field.name;
  const Result<std::string> text = FlagText(value, field);
  if (!text) {
    return Wrong(place, text.error().message());
  }
  const std::string folder = std::filesystem::path(path).parent_path().string();
  const Status set = field.set(AbsoluteText(field, *text, folder), options);
  if (!set) {
    return Wrong(place, set.error().message());
  }
  return {};
}

Status SetField(const YAML::Node& value,
                const std::string& path,
                const Field& field,
                JobOptions& options) {
  if (!field.clear) {
    return SetText(value, path, field, options);
  }
  field.clear(options);
  if (!value.IsSequence()) {
    return SetText(value, path, field, options);
  }
  for (const YAML::Node& item : value) {
    WEFT_RETURN_IF_ERROR(SetText(item, path, field, options));
  }
  return {};
}

// Fields that only the other kind of job has are told from those that nobody has.
tl::unexpected<Error> Unknown(const std::string& place,
                              const std::string& name,
                              v1::JobKind kind,
                              const std::vector<Field>& fields) {
  const v1::JobKind other =
      kind == v1::JOB_KIND_DEFLICKER ? v1::JOB_KIND_RENDER : v1::JOB_KIND_DEFLICKER;
  const bool is_others = FindField(JobFields(other), name) != nullptr;
  return Wrong(place, (is_others ? "a " + JobKindName(kind) + " job has no field \"" + name +
                                       "\", a " + JobKindName(other) + " job has"
                                 : "there is no field \"" + name + "\"") +
                          "; fields are " + FieldNames(fields));
}

// The other fields depend on it, wherever in the file it stands.
Status SetKind(const FieldNodes& job, const std::string& path, JobOptions& options) {
  const Field kind = JobFields(options.kind).front();
  for (const auto& [name, value] : job) {
    if (name.IsScalar() && name.Scalar() == kind.name) {
      return SetField(value, path, kind, options);
    }
  }
  return {};
}

Status SetFields(const FieldNodes& job, const std::string& path, JobOptions& options) {
  WEFT_RETURN_IF_ERROR(SetKind(job, path, options));
  const std::vector<Field> fields = JobFields(options.kind);
  std::set<std::string> seen;
  for (const auto& [key, value] : job) {
    const std::string place = Where(path, key.Mark());
    if (!key.IsScalar()) {
      return Wrong(place, "a field's name must be a word, not " + Shape(key));
    }
    const std::string& name = key.Scalar();
    const Field* const field = FindField(fields, name);
    if (field == nullptr) {
      return Unknown(place, name, options.kind, fields);
    }
    if (!seen.insert(name).second) {
      return Wrong(place, "field \"" + name + "\" is given twice");
    }
    WEFT_RETURN_IF_ERROR(SetField(value, path, *field, options));
  }
  return {};
}

// What only weft submit takes, see batch_file.h, is told from fields that nobody knows.
Status CheckIsOneJob(const FieldNodes& job, const std::string& path) {
  for (const auto& [key, value] : job) {
    const std::string name = key.IsScalar() ? key.Scalar() : "";
    const std::string place = Where(path, key.Mark());
    if (name == "clips") {
      return Wrong(place, "this is a batch file, of many clips: weft submit takes it");
    }
    if (name == "name" || name == "after") {
      return Wrong(place, "\"" + name + "\" is of jobs of a farm: weft submit takes this file");
    }
  }
  return {};
}

Status CheckOutput(const FieldNodes& job, const std::string& path) {
  for (const auto& [key, value] : job) {
    const bool is_output = key.IsScalar() && key.Scalar() == "output" && value.IsScalar();
    const Status known = is_output ? CheckOutputWords(value.Scalar()) : Status();
    if (!known) {
      return Wrong(Where(path, value.Mark()) + ": output", known.error().message());
    }
  }
  return {};
}

Status ReadOneJob(const FieldNodes& job, const std::string& path, JobOptions& options) {
  WEFT_RETURN_IF_ERROR(CheckIsOneJob(job, path));
  WEFT_RETURN_IF_ERROR(CheckOutput(job, path));
  return SetFields(job, path, options);
}

}  // namespace

bool IsJobFile(const std::string& path) {
  const std::string extension = std::filesystem::path(path).extension().string();
  return extension == ".yaml" || extension == ".yml";
}

Status ReadJobNode(const FieldNodes& job, const std::string& path, JobOptions& options) {
  try {
    return SetFields(job, path, options);
  } catch (const YAML::Exception& exception) {
    return Wrong(Where(path, exception.mark), exception.msg);
  }
}

Status ReadJobText(const std::string& text, const std::string& path, JobOptions& options) {
  WEFT_ASSIGN_OR_RETURN(const YAML::Node root, YamlMapOf(text, path));
  try {
    return ReadOneJob(FieldsOf(root), path, options);
  } catch (const YAML::Exception& exception) {
    return Wrong(Where(path, exception.mark), exception.msg);
  }
}

Status ReadJobFile(const std::string& path, JobOptions& options) {
  WEFT_ASSIGN_OR_RETURN(const std::string text, TextOf(path));
  return ReadJobText(text, path, options);
}

}  // namespace weft::cli
