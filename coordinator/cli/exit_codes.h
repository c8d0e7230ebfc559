// What the exit status of `weft` says. Documented in `weft --help`; scripts depend on it.

#pragma once

#include <string>

#include "common/error.h"

namespace weft::cli {

enum class ExitCode {
  kDone = 0,
  kFailed = 1,        // Anything else; the state is kept and the same command tries again.
  kUsage = 2,         // The command line or the job file is wrong; nothing was touched.
  kBadInput = 3,      // The clip, the model or a field's value cannot serve.
  kCannotWrite = 4,   // The output or the state cannot be written: permissions, a full disk.
  kUnreachable = 5,   // No coordinator answers; nothing is known of what it would have said.
  kInterrupted = 130  // Ctrl-C or SIGTERM; the state is kept and the same command goes on.
};

// The exit code of a render or a plan that ended with `code`. kPermissionDenied is taken for a
// place that cannot be written: whoever checks inputs reports those as kInvalidArgument.
ExitCode ExitCodeFor(ErrorCode code);

// The part of the help that documents them.
std::string ExitCodeHelp();

}  // namespace weft::cli
