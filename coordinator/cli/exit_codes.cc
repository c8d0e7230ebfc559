#include "coordinator/cli/exit_codes.h"

namespace weft::cli {

ExitCode ExitCodeFor(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidArgument:
    case ErrorCode::kNotFound:
    case ErrorCode::kUnsupported:
      return ExitCode::kBadInput;
    case ErrorCode::kNoSpace:
    case ErrorCode::kPermissionDenied:
      return ExitCode::kCannotWrite;
    case ErrorCode::kInternal:
    case ErrorCode::kAlreadyExists:
    case ErrorCode::kFailedPrecondition:
    case ErrorCode::kResourceExhausted:
    case ErrorCode::kDataLoss:
    case ErrorCode::kUnavailable:
    case ErrorCode::kCancelled:
      return ExitCode::kFailed;
  }
  return ExitCode::kFailed;
}

std::string ExitCodeHelp() {
  return "Exit codes:\n"
         "    0  done\n"
         "    1  failed; the state is kept, the same command tries again\n"
         "    2  the command line or the job file is wrong\n"
         "    3  the clip, the model or a field's value cannot serve\n"
         "    4  the output or the state cannot be written (permissions, full disk)\n"
         "    5  no coordinator answers (commands to a fleet)\n"
         "  130  interrupted; the same command goes on where it stopped";
}

}  // namespace weft::cli
