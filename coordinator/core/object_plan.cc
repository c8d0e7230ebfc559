#include "coordinator/core/object_plan.h"

#include "common/wire/job_objects.h"

namespace weft::coordinator {
namespace {

// From the task at `first` on.
void Read(std::size_t first, JobPlan& plan) {
  for (std::size_t i = first; i < plan.tasks.size(); ++i) {
    plan.tasks[i].inputs.push_back({plan.tasks.front().place, kObjectsOutput});
  }
}

}  // namespace

void NoteObjects(const v1::JobSpec& spec, JobPlan& plan) {
  if (UsesObjects(spec)) {
    // Of a size that is not known beforehand.
    plan.tasks.front().outputs.push_back({kObjectsOutput, 0});
    Read(1, plan);
  }
}

void ReadObjects(const v1::JobSpec& spec, JobPlan& plan) {
  if (UsesObjects(spec)) {
    Read(plan.probe_tasks, plan);
  }
}

}  // namespace weft::coordinator
