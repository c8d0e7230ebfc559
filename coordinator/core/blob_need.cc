#include "coordinator/core/blob_need.h"

#include "common/plan/lending.h"
#include "common/storage/upload_place.h"
#include "common/wire/job_objects.h"
#include "coordinator/core/result_keep.h"

namespace weft::coordinator {

void DropOutputs(const Task& task, Effects& effects) {
  for (const auto& [name, blob] : task.outputs) {
    // Pictures are many, side by side, and read by the same tasks: each drop is a synced write.
    const std::string key =
        IsPictureName(name) ? blob.key().substr(0, blob.key().rfind('/') + 1) : blob.key();
    const bool is_new = effects.drops.empty() || effects.drops.back() != key;
    if (name != kPreview && is_new) {
      effects.drops.push_back(key);
    }
  }
}

void DropAllButResult(const Job& job, Effects& effects) {
  if (!KeepsResult(job.spec)) {
    effects.drops.push_back(job.id.value + "/");
    return;
  }
  for (const Stage stage : {Stage::kProbe, Stage::kAnnotate, Stage::kAnchor, Stage::kDenoise,
                            Stage::kFinish, Stage::kEncode}) {
    effects.drops.push_back(job.id.value + "/" + Name(stage) + "/");
  }
}

bool IsNeeded(const AttemptId& attempt, const std::string& output, const Floor& floor) {
  const Task* task = floor.tasks.Find(attempt.task);
  if (task == nullptr) {
    return !floor.jobs.WasForgotten(attempt.task.job);
  }
  const Job& job = *floor.jobs.Find(attempt.task.job);
  const bool open = job.state != JobState::kDone;
  const Lease* elder = floor.elders.Find(attempt.task);
  if (open && elder != nullptr && elder->attempt == attempt) {
    return true;
  }
  if (!task->IsLatest(attempt)) {
    return false;
  }
  if (!open) {
    return attempt.task.stage == Stage::kAssemble && HasResult(job, floor);
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
