// Stays with a job of a fleet until it has ended.

#pragma once

#include <string>

#include "coordinator/cli/fleet_command.h"
#include "coordinator/cli/reporter.h"

namespace weft::cli {

// Tells the reporter how it goes; a coordinator that is gone for a while is waited for. The exit
// code is that of the job's end: kDone, or what a render that fails so would give; kInterrupted
// after a signal, which does nothing to the job.
// kNotFound: no such job (any more).
Result<ExitCode> WatchToEnd(const std::string& job,
                            const FleetSession& session,
                            Reporter& reporter);

}  // namespace weft::cli
