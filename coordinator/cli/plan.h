// `weft plan`: what a job would do, without doing it.

#pragma once

#include <cstdint>
#include <string>

#include "common/result.h"
#include "coordinator/cli/job_options.h"
#include "weft/v1/job.pb.h"

namespace weft::cli {

// Looks into the clip and the model's configuration, starts nothing and writes nothing. Returns
// what to print: tables, or JSON where the options say so. core_count: of this machine. Errors as
// ProbeClip() and PlanJob().
Result<std::string> Plan(const JobOptions& options,
                         const v1::JobSpec& spec,
                         std::uint32_t core_count);

}  // namespace weft::cli
