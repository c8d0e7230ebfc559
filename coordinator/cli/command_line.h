// The arguments of `weft`, read. Flags come from the table of job_fields.h; a job file is read
// first and flags beside it win.

#pragma once

#include <string>
#include <vector>

#include "common/result.h"
#include "coordinator/cli/command_shape.h"
#include "coordinator/cli/job_options.h"

namespace weft::cli {

enum class Command {
  kShow,  // Only show a text: help or version.
  kRun,   // Do the job: weft render, weft deflicker.
  kPlan,  // Show what it would be.
};

struct CommandLine {
  Command command = Command::kShow;
  std::string text;    // Of kShow.
  JobOptions options;  // Of the others.
};

// arguments: without the program's name.  folder: where relative paths of flags start.
// Errors are usage errors whatever their code (see ExitCode::kUsage); they say what is wrong and
// what would be right, with file, line and column where a job file is wrong.
Result<CommandLine> ReadCommandLine(const std::vector<std::string>& arguments,
                                    const std::string& folder);

// The commands of this kind, for shells.
std::vector<CommandShape> JobCommandShapes();

}  // namespace weft::cli
