// `weft render` and `weft deflicker`: a job from its clip to its finished file, on this machine.
// The coordinator runs in this process, workers are its children; everything unfinished lies in the
// state folder, and the same command goes on from there.

#pragma once

#include <cstdint>
#include <string>

#include "coordinator/cli/exit_codes.h"
#include "coordinator/cli/job_options.h"
#include "coordinator/cli/reporter.h"
#include "coordinator/cli/stop_signals.h"
#include "weft/v1/job.pb.h"

namespace weft::cli {

struct RenderRequest {
  JobOptions options;
  v1::JobSpec spec;            // ResolveSpec(options).
  std::string worker_program;  // The path of weft-worker.
  std::uint32_t core_count = 1;
};

// Runs until the job is done, has failed, or `signals` say stop; tells the reporter everything.
// Call it on the main thread.
ExitCode Render(const RenderRequest& request, StopSignals& signals, Reporter& reporter);

}  // namespace weft::cli
