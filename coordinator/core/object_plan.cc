#include "coordinator/core/object_plan.h"

#include "common/wire/job_objects.h"

namespace weft::coordinator {

void NoteObjects(const v1::JobSpec& spec, PlannedTask& probe) {
  if (UsesObjects(spec)) {
    probe.outputs.push_back({kObjectsOutput, 0});  // Of a size that is not known beforehand.
  }
}

void ReadObjects(const v1::JobSpec& spec, JobPlan& plan) {
  if (!UsesObjects(spec)) {
    return;
  }
  for (PlannedTask& task : plan.tasks) {
    if (task.place.stage != Stage::kProbe) {
      task.inputs.push_back({{Stage::kProbe, 0, 0}, kObjectsOutput});
    }
  }
}

}  // namespace weft::coordinator
