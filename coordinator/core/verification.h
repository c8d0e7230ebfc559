// Tasks that run twice (JobSpec::verify_tasks), so that a worker whose numbers differ is found out.

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/ids.h"
#include "coordinator/core/chunk_plan.h"
#include "weft/v1/task.pb.h"

namespace weft::coordinator {

// Outputs of a task by name.
using Outputs = std::map<std::string, v1::BlobRef>;

// What a task that runs twice brought the first time.
struct FirstRun {
  std::uint32_t attempt = 0;
  WorkerId worker;
  Outputs outputs;
};

// The job's tasks that run twice, in the plan's order: as many as it wants, drawn by its seed from
// all that bring outputs, but the probe. A pure function, as the plan is. Empty before the probe is
// done.
std::vector<TaskPlace> TasksToVerify(const v1::JobSpec& spec, const JobPlan& plan);

// The name of an output whose bytes differ; nothing where all agree. A preview that one of them
// lacks is no difference.
std::optional<std::string> FindDisagreement(const Outputs& first, const Outputs& second);

}  // namespace weft::coordinator
