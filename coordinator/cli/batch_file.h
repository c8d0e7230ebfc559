// Job files for a fleet: one job, or a batch of many clips with the same fields but for some.
//
//   model: models/dream
//   prompt: "a harbour at ${hour}"      # --set hour=dawn
//   output: out/{name}.mp4              # {name}: the clip's file name without extension; {number}.
//   clips:
//     - shots/*.mp4                     # Relative to the job file's folder.
//     - input: close-up.mp4             # Fields that are this clip's own.
//       name: hero
//       seed: 7
//     - input: credits.mp4
//       after: [hero]                   # Names of clips further up, or ids of jobs: done first.

#pragma once

#include <map>
#include <string>
#include <vector>

#include "common/result.h"
#include "coordinator/cli/job_options.h"

namespace weft::cli {

struct BatchJob {
  std::string name;  // For people: the clip's own name, or that of its file.
  JobOptions options;
  // Names of jobs before it in the batch, or ids, of those that must be done first.
  std::vector<std::string> after = {};
};

// variables: what ${NAME} stands for, in any value of the file.
// kInvalidArgument: as ReadJobFile(); a variable that has no value; a pattern that no file fits;
// something else in an output's braces; two clips of one name or with one output; one after a clip
// that is not further up. Says file:line:column.
Result<std::vector<BatchJob>> ReadBatchFile(const std::string& path,
                                            const std::map<std::string, std::string>& variables);

// The same for the file's text. path: for messages and for relative paths.
Result<std::vector<BatchJob>> ReadBatchText(const std::string& text,
                                            const std::string& path,
                                            const std::map<std::string, std::string>& variables);

}  // namespace weft::cli
