#include "coordinator/core/task_table.h"

#include <algorithm>
#include <cassert>

#include "common/wire/ids_wire.h"

namespace weft::coordinator {
namespace {

TaskId IdOf(const JobId& job, const TaskPlace& place) {
  return {.job = job, .stage = place.stage, .chunk = place.chunk, .round = place.round};
}

// The stages that only read and write files are the same on every device.
std::string DeviceFor(const Job& job, Stage stage) {
  const bool any = stage == Stage::kProbe || stage == Stage::kAssemble;
  return any ? "" : job.spec.device();
}

}  // namespace

Record Task::ToRecord() const {
  v1::TaskRecord record;
  *record.mutable_task() = ToWire(id);
  record.set_state(static_cast<v1::TaskState>(state));
  record.set_attempt(attempt);
  record.set_epoch(epoch);
  record.set_worker(holder.worker.value);
  record.set_instance(holder.instance.value);
  record.set_errors(errors);
  record.set_workers_lost(workers_lost);
  for (const auto& [name, blob] : outputs) {
    v1::Output& output = *record.add_outputs();
    output.set_name(name);
    *output.mutable_blob() = blob;
  }
  return coordinator::ToRecord(std::move(record));
}

void TaskTable::Add(const Job& job) {
  JobEntry& entry = jobs_[job.id];
  for (const PlannedTask& planned : job.plan.tasks) {
    const TaskId id = IdOf(job.id, planned.place);
    const auto [added, is_new] = tasks_.try_emplace(id);
    Task& task = added->second;
    task.plan = &planned;  // The plan of a task that was here already has moved, too.
    if (!is_new) {
      continue;
    }
    task.id = id;
    task.job_sequence = job.sequence;
    task.device = DeviceFor(job, id.stage);
    entry.tally.Add(planned);
    Link(task);
    Queue(task);
  }
}

void TaskTable::Link(Task& task) {
  std::set<TaskId> sources;
  for (const PlannedInput& input : task.plan->inputs) {
    sources.insert(IdOf(task.id.job, input.from));
  }
  for (const TaskId& id : sources) {
    Task* source = Find(id);
    assert(source != nullptr);  // A plan lists each task after those it reads.
    source->readers.push_back(&task);
    task.inputs_missing += source->state == TaskState::kDone ? 0 : 1;
  }
}

Task* TaskTable::Find(const TaskId& id) {
  const auto task = tasks_.find(id);
  return task == tasks_.end() ? nullptr : &task->second;
}

const Task* TaskTable::Find(const TaskId& id) const {
  const auto task = tasks_.find(id);
  return task == tasks_.end() ? nullptr : &task->second;
}

void TaskTable::Start(Task& task, std::uint64_t epoch, const Holder& holder) {
  assert(task.state == TaskState::kWaiting && task.inputs_missing == 0);
  ++task.attempt;
  task.epoch = epoch;
  task.holder = holder;
  Move(task, TaskState::kRunning);
}

void TaskTable::Complete(Task& task, std::map<std::string, v1::BlobRef> outputs) {
  assert(task.state != TaskState::kDone);
  task.outputs = std::move(outputs);
  Move(task, TaskState::kDone);
  for (Task* reader : task.readers) {
    --reader->inputs_missing;
    Queue(*reader);
  }
}

void TaskTable::Requeue(Task& task, Time not_before) {
  task.not_before = not_before;
  Move(task, TaskState::kWaiting);
}

void TaskTable::Fail(Task& task) {
  Move(task, TaskState::kFailed);
}

void TaskTable::Advance(Task& task, double fraction) {
  if (task.state == TaskState::kRunning) {
    jobs_.at(task.id.job).tally.Advance(*task.plan, task.fraction, fraction);
    task.fraction = fraction;
  }
}

void TaskTable::Restore(Task& task, const v1::TaskRecord& record) {
  task.attempt = record.attempt();
  task.epoch = record.epoch();
  task.holder = {{record.worker()}, {record.instance()}};
  task.errors = record.errors();
  task.workers_lost = record.workers_lost();
  if (record.state() == v1::TASK_STATE_DONE) {
    std::map<std::string, v1::BlobRef> outputs;
    for (const v1::Output& output : record.outputs()) {
      outputs.emplace(output.name(), output.blob());
    }
    Complete(task, std::move(outputs));
  } else {
    Move(task, static_cast<TaskState>(record.state()));
  }
}

void TaskTable::Close(const JobId& job) {
  jobs_.at(job).closed = true;
  for (auto it = tasks_.lower_bound(TaskId{.job = job}); it != tasks_.end() && it->first.job == job;
       ++it) {
    Unqueue(it->second);
  }
}

void TaskTable::Wake(Time now) {
  while (!resting_.empty() && resting_.begin()->first <= now) {
    Task& task = tasks_.at(resting_.begin()->second);
    Unqueue(task);
    task.not_before = Time{};
    Queue(task);
  }
}

std::optional<Time> TaskTable::NextWake() const {
  if (resting_.empty()) {
    return std::nullopt;
  }
  return resting_.begin()->first;
}

const TaskTable::ReadyTasks& TaskTable::Ready(const std::string& device) const {
  const auto ready = ready_.find(device);
  return ready == ready_.end() ? none_ : ready->second;
}

bool TaskTable::HasReady() const {
  return std::any_of(ready_.begin(), ready_.end(),
                     [](const auto& ready) { return !ready.second.empty(); });
}

const JobTally& TaskTable::Tally(const JobId& job) const {
  return jobs_.at(job).tally;
}

void TaskTable::Move(Task& task, TaskState to) {
  Unqueue(task);
  const double fraction = std::exchange(task.fraction, 0);
  jobs_.at(task.id.job).tally.Move(*task.plan, task.state, to, fraction);
  task.state = to;
  Queue(task);
}

void TaskTable::Queue(Task& task) {
  const bool can_start = task.state == TaskState::kWaiting && task.inputs_missing == 0 &&
                         !jobs_.at(task.id.job).closed;
  if (!can_start) {
    return;
  }
  if (task.not_before > Time{}) {
    resting_.emplace(task.not_before, task.id);
  } else {
    ready_[task.device].insert({task.job_sequence, task.id});
  }
}

void TaskTable::Unqueue(const Task& task) {
  resting_.erase({task.not_before, task.id});
  const auto ready = ready_.find(task.device);
  if (ready != ready_.end()) {
    ready->second.erase({task.job_sequence, task.id});
  }
}

}  // namespace weft::coordinator
