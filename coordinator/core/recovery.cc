#include "coordinator/core/recovery.h"

#include <algorithm>
#include <string>
#include <utility>

#include "common/plan/lending.h"
#include "common/wire/ids_wire.h"
#include "coordinator/core/job_order.h"
#include "coordinator/core/probe_plan.h"
#include "coordinator/core/result_keep.h"
#include "coordinator/core/task_message.h"

namespace weft::coordinator {
namespace {

Status CheckVersion(const Record& record) {
  const std::uint32_t version = record.value.version();
  if (version == 0 || version > kRecordVersion) {
    return Failure(ErrorCode::kUnsupported,
                   "the ledger's record " + record.key + " has version " + std::to_string(version) +
                       "; this build knows versions up to " + std::to_string(kRecordVersion));
  }
  return {};
}

// Workers of an earlier build began it: theirs and ours would not go together.
bool HasOtherPictures(const Job& job, const Floor& floor) {
  return job.state != JobState::kDone && job.pictures_since != floor.options.pictures_since;
}

Status RecoverJob(const v1::LedgerRecord& value, Floor& floor) {
  if (value.has_forgotten()) {
    floor.jobs.NoteForgotten({value.forgotten().job()}, value.forgotten().unix_ms());
  }
  if (!value.has_job()) {
    return {};
  }
  WEFT_ASSIGN_OR_RETURN(Job job, FromRecord(value.job()));
  if (HasOtherPictures(job, floor)) {
    job.numeric_class.reset();  // Its workers will be others, too.
  }
  if (floor.jobs.Find(job.id) != nullptr) {
    return Failure(ErrorCode::kDataLoss, "the ledger has job " + job.id.value + " twice");
  }
  floor.tasks.Add(floor.jobs.Add(std::move(job)));
  return {};
}

// Whether the record's outputs are the planned ones, except for a preview, and for pictures, which
// earlier versions did not store: see LackingOutputs().
bool HasPlannedOutputs(const v1::TaskRecord& record, const PlannedTask& plan) {
  return std::all_of(plan.outputs.begin(), plan.outputs.end(), [&](const PlannedOutput& planned) {
    return planned.name == kPreview || IsPictureName(planned.name) ||
           std::any_of(record.outputs().begin(), record.outputs().end(),
                       [&](const v1::Output& output) { return output.name() == planned.name; });
  });
}

bool LacksOutputs(const Task& task) {
  const auto& planned = task.plan->outputs;
  return std::any_of(planned.begin(), planned.end(), [&](const PlannedOutput& output) {
    return output.name != kPreview && task.outputs.count(output.name) == 0;
  });
}

bool HasState(const v1::TaskRecord& record) {
  return record.state() != v1::TASK_STATE_UNSPECIFIED && v1::TaskState_IsValid(record.state());
}

// What a probe says of the clip is no picture, whoever said it, and neither are the versions of the
// job's objects. But the look that it brings, and what its parts bring for the join, are of one
// version: those are read again, and what may be reading them begins anew.
bool OutlivesItsVersion(const v1::TaskRecord& record, const Task& task, const Job& job) {
  const auto& outputs = task.plan->outputs;
  const bool brings_look =
      std::any_of(outputs.begin(), outputs.end(),
                  [](const PlannedOutput& output) { return output.name == kLook; });
  if (task.id.stage != Stage::kProbe || brings_look) {
    return false;
  }
  const bool is_index = task.id.round == kProbeIndex;
  const bool has_joined = task.id.round == kProbeJoin && record.state() == v1::TASK_STATE_DONE;
  return job.clip.has_value() || is_index || has_joined;
}

// What the task has brought, or may yet bring, does not count: the record in place of this one.
v1::TaskRecord WithoutAttempts(const v1::TaskRecord& record,
                               const Task& task,
                               const Job& job,
                               Effects& effects) {
  if (record.attempt() == 0 || !HasState(record) || OutlivesItsVersion(record, task, job)) {
    return record;
  }
  const TaskId& id = task.id;
  effects.drops.push_back(OutputPrefix({id, record.attempt(), record.epoch()}));
  v1::TaskRecord fresh;
  *fresh.mutable_task() = record.task();
  fresh.set_state(record.state() == v1::TASK_STATE_FAILED ? record.state()
                                                          : v1::TASK_STATE_WAITING);
  fresh.set_starts(std::max(record.starts(), record.attempt()) + 1);
  fresh.set_attempt(fresh.starts());
  fresh.set_epoch(record.epoch());
  fresh.set_worker(record.worker());
  fresh.set_instance(record.instance());
  effects.records.push_back(RecordOf(id));
  *effects.records.back().value.mutable_task() = fresh;
  return fresh;
}

Status RestoreTask(const v1::TaskRecord& record, Time now, Task& task, Floor& floor) {
  const bool is_done = record.state() == v1::TASK_STATE_DONE;
  if (!HasState(record) || task.attempt != 0 ||
      (is_done && !HasPlannedOutputs(record, *task.plan))) {
    return Failure(ErrorCode::kDataLoss, "the ledger's record of " + task.id.job.value + ": " +
                                             Name(task.id) + " makes no sense");
  }
  floor.tasks.Restore(task, record);
  const bool goes_on = IsOpen(floor.jobs.Find(task.id.job)->state);
  if (task.state == TaskState::kRunning && !goes_on) {
    floor.tasks.Requeue(task, Time{});
  } else if (task.state == TaskState::kRunning) {
    return floor.leases.Grant(task.LatestAttempt(), task.holder, now);
  }
  return {};
}

Status RecoverTask(const v1::LedgerRecord& value, Time now, Floor& floor, Effects& effects) {
  if (!value.has_task()) {
    return {};
  }
  const v1::TaskRecord& record = value.task();
  WEFT_ASSIGN_OR_RETURN(const TaskId id, FromWire(record.task()));
  Task* task = floor.tasks.Find(id);
  if (task == nullptr) {
    return Failure(ErrorCode::kDataLoss, "the ledger has a task that its job does not: " +
                                             id.job.value + ": " + Name(id));
  }
  const Job& job = *floor.jobs.Find(id.job);
  return HasOtherPictures(job, floor)
             ? RestoreTask(WithoutAttempts(record, *task, job, effects), now, *task, floor)
             : RestoreTask(record, now, *task, floor);
}

void BeginAnew(const JobId& id, Floor& floor, Effects& effects) {
  Job& job = *floor.jobs.Find(id);
  job.pictures_since = floor.options.pictures_since;
  effects.records.push_back(job.ToRecord());
  const auto& tasks = floor.tasks.OfJob(id);
  const bool began = std::any_of(tasks.begin(), tasks.end(), [](const Task* task) {
    return task->id.stage != Stage::kProbe && task->attempt > 0;
  });
  if (began && IsOpen(job.state)) {
    Tell(job,
         {.level = Note::Level::kWarning,
          .text = "another version of Weft, which makes other pictures than this one, began this "
                  "job: its tasks run again, but for what is known of the clip"},
         effects);
  }
}

}  // namespace

Status Recover(const std::vector<Record>& records, Time now, Floor& floor, Effects& effects) {
  bool is_copy = false;
  for (const Record& record : records) {
    WEFT_RETURN_IF_ERROR(CheckVersion(record));
    floor.epoch = std::max(floor.epoch, record.value.epoch().epoch());
    is_copy = is_copy || record.value.epoch().copied();
    floor.copied_epoch = std::max(floor.copied_epoch, record.value.epoch().copied_epoch());
    WEFT_RETURN_IF_ERROR(RecoverJob(record.value, floor));
    if (record.value.worker().drained()) {
      floor.workers.SetBarred({record.value.worker().worker()}, WorkerTable::Bar::kDrained, true);
    }
  }
  for (const Record& record : records) {  // Each belongs to a job.
    WEFT_RETURN_IF_ERROR(RecoverTask(record.value, now, floor, effects));
  }
  for (const auto& [id, job] : floor.jobs.All()) {
    if (HasOtherPictures(job, floor)) {
      BeginAnew(id, floor, effects);
    }
  }
  for (const auto& [id, job] : floor.jobs.All()) {
    if (!IsOpen(job.state) || job.state == JobState::kPaused ||
        FirstNotDone(job.terms, floor.jobs) != nullptr) {
      floor.tasks.Close(id);
    }
    CountResult(job, floor);
  }
  floor.epoch += is_copy ? floor.options.copied_epoch_step : 1;
  floor.copied_epoch = is_copy ? floor.epoch : floor.copied_epoch;
  v1::EpochRecord epoch;
  epoch.set_epoch(floor.epoch);
  epoch.set_copied_epoch(floor.copied_epoch);
  effects.records.push_back(ToRecord(std::move(epoch)));
  effects.notes.push_back({.text = "epoch " + std::to_string(floor.epoch) + " begins with " +
                                   std::to_string(floor.jobs.All().size()) + " jobs"});
  return {};
}

std::vector<AttemptId> LackingOutputs(const Floor& floor) {
  std::vector<AttemptId> lacking;
  for (const auto& [id, job] : floor.jobs.All()) {
    if (job.state == JobState::kDone) {
      continue;
    }
    for (const Task* task : floor.tasks.OfJob(id)) {
      if (task->state == TaskState::kDone && LacksOutputs(*task)) {
        lacking.push_back(task->LatestAttempt());
      }
    }
  }
  return lacking;
}

}  // namespace weft::coordinator
