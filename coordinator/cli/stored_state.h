// A coordinator's state folder, checked and copied on its own machine; and what a check or a copy
// has come to, in words, wherever it was made.

#pragma once

#include <string>

#include "common/result.h"
#include "coordinator/cli/exit_codes.h"
#include "weft/v1/care.pb.h"

namespace weft::cli {

// What is wrong with the state of a coordinator that does not run. repair: is put right as well.
// Says on standard output what the ledger's log has lost, if that is so.
// kNotFound: there is no state.  kFailedPrecondition: a coordinator runs on it.
// Other errors: it cannot be read, or written.
Result<v1::CareStatus> CheckFolder(const std::string& state, bool repair);

// Copies the state to `copy`, a folder that is new or empty, also while a coordinator runs on it.
// kNotFound: there is no state.  Other errors: those of coordinator::BackUp().
Result<v1::CareStatus> CopyFolder(const std::string& state, const std::string& copy);

// Both on standard output, as words or as one line of JSON; and the exit code that says whether all
// is well by now.
ExitCode TellCheck(const v1::CareStatus& status, bool repaired, bool json);
ExitCode TellCopy(const v1::CareStatus& status, const std::string& copy, bool json);

}  // namespace weft::cli
