// The fields of a job by name: one table for the flags of the command line and the keys of a job
// file, so that the two cannot drift apart.

#pragma once

#include <functional>
#include <string>
#include <vector>

#include "common/result.h"
#include "coordinator/cli/job_options.h"

namespace weft::cli {

enum class FieldKind {
  kText,      // One value.
  kPath,      // One path; relative ones start at the job file's folder, or where weft was called.
  kPaths,     // As kPath, but as often as wanted; in a job file also a list. Adds to what is there.
  kSwitch,    // true or false; as flags --NAME and --no-NAME.
  kList,      // "4,9,14", in a job file also [4, 9, 14].
  kControls,  // "softedge=0.8", as often as wanted; see control_option.h. In a job file also
              // {softedge: 0.8}, {kind: tile, scale: 0.6} or a list of these. Adds likewise.
};

struct Field {
  std::string name;         // "steps": the flag --steps, the key steps.
  std::string placeholder;  // Of its value in the help: "N".
  std::string help;
  FieldKind kind = FieldKind::kText;
  // Takes the value from its text. kInvalidArgument: reads after the name, see option_values.h.
  std::function<Status(const std::string& text, JobOptions& options)> set;
  // Forgets all values before the first of a new source is set; kPaths and kControls only.
  std::function<void(JobOptions& options)> clear;
};

// The fields that jobs of this kind have, in the order of the help. The first is "kind" itself.
std::vector<Field> JobFields(v1::JobKind kind);

// The field of this name, or nullptr.
const Field* FindField(const std::vector<Field>& fields, const std::string& name);

// "render" or "deflicker", as the field "kind" has it.
std::string JobKindName(v1::JobKind kind);

// The known names, for a message: "input, output, model, ...".
std::string FieldNames(const std::vector<Field>& fields);

// `path` as seen from `folder` (absolute), without "." and ".."; an object's URL as it is.
std::string AbsolutePath(const std::string& path, const std::string& folder);

// `text` of a field with its paths, if it has any, as seen from `folder` (absolute).
std::string AbsoluteText(const Field& field, const std::string& text, const std::string& folder);

}  // namespace weft::cli
