#include "coordinator/core/blob_need.h"

#include "common/storage/upload_place.h"
#include "common/wire/job_objects.h"

namespace weft::coordinator {

void DropOutputs(const Task& task, Effects& effects) {
  for (const auto& [name, blob] : task.outputs) {
    if (name != kPreview) {
      effects.drops.push_back(blob.key());
    }
  }
}

bool IsNeeded(const AttemptId& attempt, const std::string& output, const Floor& floor) {
  const Task* task = floor.tasks.Find(attempt.task);
  if (task == nullptr) {
    return true;
  }
  const bool open = floor.jobs.Find(attempt.task.job)->state != JobState::kDone;
  const Lease* elder = floor.elders.Find(attempt.task);
  if (open && elder != nullptr && elder->attempt == attempt) {
    return true;
  }
  if (!open || !task->IsLatest(attempt)) {
    return false;
  }
  return task->state != TaskState::kDone || task->readers_missing > 0 || output == kPreview;
}

bool IsNeeded(const AttemptId& attempt, const Floor& floor) {
  return IsNeeded(attempt, kPreview, floor);
}

std::set<std::string> UploadsNeeded(const Floor& floor) {
  std::set<std::string> needed;
  for (const auto& [id, job] : floor.jobs.All()) {
    if (!IsOpen(job.state)) {
      continue;
    }
    for (const std::string* const file : FilesOf(job.spec)) {
      if (const auto upload = ParseUploadUrl(*file); upload) {
        needed.insert(upload->Prefix());
      }
    }
  }
  return needed;
}

}  // namespace weft::coordinator
