// Job files: the fields of job_fields.h in YAML.
//
//   input: city.mp4          # Relative paths start at the job file's own folder.
//   output: neon.mp4         # Or out/{name}.mp4: see output_name.h.
//   model: models/weft-demo
//   prompt: neon glow
//   smooth-steps: [4, 9, 14]
//   control: {softedge: 0.8} # Or a list: [softedge=0.8, {kind: tile, scale: 0.5, net: tile/}].
//
//   kind: deflicker          # Or render, as it is where the caller says nothing else.
//   style: stylized.mp4
//   guide: city.mp4
//   output: steady.mp4

#pragma once

#include <string>

#include "common/result.h"
#include "coordinator/cli/job_options.h"

namespace weft::cli {

// True for names that end in .yaml or .yml.
bool IsJobFile(const std::string& path);

// Reads the job file `path` (absolute) over `options`; fields it does not name stay as they are,
// the kind of job among them. kInvalidArgument: not one YAML map of the fields that its kind of job
// has, each named once, with values that fit, or a batch for weft submit; says file:line:column and
// what is allowed.  kNotFound, kPermissionDenied: cannot be read.
Status ReadJobFile(const std::string& path, JobOptions& options);

// The same for the file's text. path: for messages and for relative paths.
Status ReadJobText(const std::string& text, const std::string& path, JobOptions& options);

}  // namespace weft::cli
