#include "coordinator/core/task_table.h"

#include <algorithm>
#include <cassert>

namespace weft::coordinator {
namespace {

TaskId IdOf(const JobId& job, const TaskPlace& place) {
  return {.job = job, .stage = place.stage, .chunk = place.chunk, .round = place.round};
}

bool OnlyTouchesFiles(Stage stage) {
  return stage == Stage::kProbe || stage == Stage::kAssemble;
}

using WireOutputs = google::protobuf::RepeatedPtrField<v1::Output>;

void AddOutputs(const Outputs& outputs, WireOutputs& wire) {
  for (const auto& [name, blob] : outputs) {
    v1::Output& output = *wire.Add();
    output.set_name(name);
    *output.mutable_blob() = blob;
  }
}

Outputs ByName(const WireOutputs& wire) {
  Outputs outputs;
  for (const v1::Output& output : wire) {
    outputs.emplace(output.name(), output.blob());
  }
  return outputs;
}

void SortById(std::vector<Task*>& tasks) {
  const auto before = [](const Task* a, const Task* b) { return a->id < b->id; };
  if (!std::is_sorted(tasks.begin(), tasks.end(), before)) {  // Plans list most of them so.
    std::sort(tasks.begin(), tasks.end(), before);
  }
}

constexpr auto Index(FailureClass failure) {
  return static_cast<std::size_t>(failure);
}

}  // namespace

Record Task::ToRecord() const {
  Record whole = RecordOf(id);
  v1::TaskRecord& record = *whole.value.mutable_task();
  record.set_state(static_cast<v1::TaskState>(state));
  record.set_attempt(attempt);
  record.set_epoch(epoch);
  record.set_worker(holder.worker.value);
  record.set_instance(holder.instance.value);
  record.set_errors(failures[Index(FailureClass::kTaskError)]);
  record.set_workers_lost(failures[Index(FailureClass::kWorkerLost)]);
  record.set_out_of_memory(failures[Index(FailureClass::kOutOfMemory)]);
  record.set_busy(failures[Index(FailureClass::kBusy)]);
  record.set_bad_outputs(failures[Index(FailureClass::kBadOutput)]);
  record.set_stalls(failures[Index(FailureClass::kStalled)]);
  record.set_starts(starts);
  AddOutputs(outputs, *record.mutable_outputs());
  if (first_run != nullptr) {
    AddOutputs(first_run->outputs, *record.mutable_first_outputs());
    record.set_first_attempt(first_run->attempt);
    record.set_first_worker(first_run->worker.value);
  }
  return whole;
}

void TaskTable::Add(const Job& job) {
  JobTasks& of_job = AddJob(job);
  for (const PlannedTask& planned : job.plan.tasks) {
    Task* const known = Find(IdOf(job.id, planned.place));
    if (known != nullptr) {
      known->plan = &planned;  // The plan of a task that was here already has moved.
    } else {
      AddTask(job, planned, of_job);
    }
  }
  SortById(of_job.tasks);
  for (const TaskPlace& place : TasksToVerify(job.spec, job.plan)) {
    Find(IdOf(job.id, place))->runs_twice = true;
  }
}

void TaskTable::AddTask(const Job& job, const PlannedTask& planned, JobTasks& of_job) {
  Task& task = of_job.kept.emplace_back();
  task.id = IdOf(job.id, planned.place);
  task.plan = &planned;
  task.of_job = &of_job;
  task.job_sequence = job.sequence;
  task.requirement = OnlyTouchesFiles(task.id.stage) ? &of_job.files : &of_job.whole;
  by_id_.Insert(task);
  of_job.tasks.push_back(&task);
  of_job.tally.Add(planned);
  Link(task);
  Queue(task);
}

JobTasks& TaskTable::AddJob(const Job& job) {
  const auto [known, is_new] = jobs_.try_emplace(job.id);
  JobTasks& of_job = known->second;
  if (is_new) {
    of_job.user = job.terms.user();
    of_job.user_running = &user_running_[of_job.user];
    of_job.whole = coordinator::RequirementOf(job.spec, job.terms);
    of_job.files = WithoutDevice(of_job.whole);
    of_job.whole.numeric_class = job.numeric_class;
    ready_.AddJob(job.id, {of_job.user, job.Priority(), job.sequence});
  }
  return of_job;
}

void TaskTable::Link(Task& task) {
  task.sources.reserve(task.plan->inputs.size());
  for (const PlannedInput& input : task.plan->inputs) {
    task.sources.push_back(Find(IdOf(task.id.job, input.from)));
    assert(task.sources.back() != nullptr);  // A plan lists each task after those it reads.
  }
  SortById(task.sources);
  task.sources.erase(std::unique(task.sources.begin(), task.sources.end()), task.sources.end());
  for (Task* source : task.sources) {
    source->readers.push_back(&task);
    ++source->readers_missing;
    task.inputs_missing += source->state == TaskState::kDone ? 0 : 1;
  }
}

Task* TaskTable::Find(const TaskId& id) {
  return by_id_.Find(id);
}

const Task* TaskTable::Find(const TaskId& id) const {
  return by_id_.Find(id);
}

std::vector<const Task*> TaskTable::OfJob(const JobId& job) const {
  const auto known = jobs_.find(job);
  if (known == jobs_.end()) {
    return {};
  }
  return {known->second.tasks.begin(), known->second.tasks.end()};
}

std::vector<const Task*> TaskTable::All() const {
  std::vector<const Task*> all;
  for (const auto& [id, of_job] : jobs_) {
    all.insert(all.end(), of_job.tasks.begin(), of_job.tasks.end());
  }
  return all;
}

void TaskTable::Remove(const JobId& job) {
  const auto known = jobs_.find(job);
  assert(known != jobs_.end() && known->second.closed);
  for (const Task& task : known->second.kept) {
    assert(task.state != TaskState::kRunning && task.queue == Task::Queue::kNone);
    by_id_.Erase(task);
  }
  ready_.RemoveJob(job);
  jobs_.erase(known);
}

void TaskTable::Start(Task& task, std::uint64_t epoch, const Holder& holder) {
  assert(task.state == TaskState::kWaiting && task.inputs_missing == 0);
  task.attempt = ++task.starts;
  task.epoch = epoch;
  task.holder = holder;
  task.choosy_until.reset();
  Move(task, TaskState::kRunning);
  ready_.Charge(task.id.job, task.plan->weight);
}

void TaskTable::StartCopy(Task& task, std::uint64_t epoch, const Holder& holder) {
  assert(task.state == TaskState::kRunning);
  Advance(task, 0);
  task.attempt = ++task.starts;
  task.epoch = epoch;
  task.holder = holder;
  ready_.Charge(task.id.job, task.plan->weight);
}

void TaskTable::Prefer(Task& task, const AttemptId& attempt, const Holder& holder) {
  task.attempt = attempt.number;
  task.epoch = attempt.epoch;
  task.holder = holder;
}

void TaskTable::KeepFirstRun(Task& task, Outputs outputs) {
  task.first_run =
      std::make_unique<FirstRun>(FirstRun{task.attempt, task.holder.worker, std::move(outputs)});
}

void TaskTable::Complete(Task& task, Outputs outputs) {
  assert(task.state != TaskState::kDone);
  task.outputs = std::move(outputs);
  Move(task, TaskState::kDone);
  for (Task* reader : task.readers) {
    --reader->inputs_missing;
    Queue(*reader);
  }
  for (Task* source : task.sources) {
    --source->readers_missing;
  }
}

void TaskTable::Requeue(Task& task, Time not_before) {
  Unqueue(task);
  task.not_before = not_before;
  Move(task, TaskState::kWaiting);
}

void TaskTable::Undo(Task& task) {
  assert(task.state == TaskState::kDone);
  task.outputs.clear();
  Spend(task);  // Its attempt may yet be told of once more.
  task.not_before = Time{};
  for (Task* reader : task.readers) {
    assert(reader->state != TaskState::kRunning);
    Unqueue(*reader);
    ++reader->inputs_missing;
  }
  for (Task* source : task.sources) {
    ++source->readers_missing;
  }
  Move(task, TaskState::kWaiting);
}

void TaskTable::Fail(Task& task) {
  Move(task, TaskState::kFailed);
}

void TaskTable::Advance(Task& task, double fraction) {
  if (task.state == TaskState::kRunning) {
    task.of_job->tally.Advance(*task.plan, task.fraction, fraction);
    task.fraction = fraction;
  }
}

void TaskTable::Restore(Task& task, const v1::TaskRecord& record) {
  task.attempt = record.attempt();
  task.starts = std::max(record.starts(), record.attempt());
  task.epoch = record.epoch();
  task.holder = {{record.worker()}, {record.instance()}};
  task.failures = {record.errors(), record.workers_lost(), record.out_of_memory(),
                   record.busy(),   record.bad_outputs(),  record.stalls()};
  if (record.first_attempt() > 0) {
    task.first_run = std::make_unique<FirstRun>(
        FirstRun{record.first_attempt(), {record.first_worker()}, ByName(record.first_outputs())});
  }
  if (record.state() == v1::TASK_STATE_DONE) {
    Complete(task, ByName(record.outputs()));
  } else {
    Move(task, static_cast<TaskState>(record.state()));
  }
}

void TaskTable::Confine(const JobId& job, const std::string& numeric_class) {
  JobTasks& of_job = jobs_.at(job);
  for (Task* task : of_job.tasks) {
    Unqueue(*task);
  }
  of_job.whole.numeric_class = numeric_class;
  for (Task* task : of_job.tasks) {
    Queue(*task);
  }
}

const Requirement& TaskTable::RequirementOf(const JobId& job) const {
  return jobs_.at(job).whole;
}

void TaskTable::Close(const JobId& job) {
  JobTasks& of_job = jobs_.at(job);
  of_job.closed = true;
  for (Task* task : of_job.tasks) {
    Unqueue(*task);
  }
}

void TaskTable::Open(const JobId& job) {
  JobTasks& of_job = jobs_.at(job);
  of_job.closed = false;
  for (Task* task : of_job.tasks) {
    Queue(*task);
  }
}

std::vector<const Task*> TaskTable::Forget(const JobId& job) {
  std::vector<const Task*> changed;
  for (Task* const known : jobs_.at(job).tasks) {
    Task& task = *known;
    if (task.state == TaskState::kDone || task.attempt == 0) {
      continue;
    }
    task.failures = {};
    task.first_run.reset();
    task.avoids.clear();
    Requeue(task, Time{});
    changed.push_back(&task);
  }
  return changed;
}

std::uint32_t TaskTable::CountFailure(Task& task, FailureClass failure) {
  return ++task.failures.at(Index(failure));
}

void TaskTable::Avoid(Task& task, const WorkerId& worker) {
  constexpr std::size_t kAvoidedMax = 4;
  const auto known = std::find(task.avoids.begin(), task.avoids.end(), worker);
  if (known == task.avoids.end() && task.avoids.size() < kAvoidedMax) {
    task.avoids.push_back(worker);
  }
}

void TaskTable::Postpone(Task& task, Time not_before, Time choosy_until) {
  if (!task.choosy_until.has_value()) {
    task.choosy_until = choosy_until;
  }
  Unqueue(task);
  task.not_before = not_before;
  Queue(task);
}

void TaskTable::Wake(Time now) {
  while (!resting_.empty() && resting_.begin()->first <= now) {
    Task& task = *Find(resting_.begin()->second);
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

const JobTally& TaskTable::Tally(const JobId& job) const {
  return jobs_.at(job).tally;
}

void TaskTable::Move(Task& task, TaskState to) {
  Unqueue(task);
  const double fraction = std::exchange(task.fraction, 0);
  task.of_job->tally.Move(*task.plan, task.state, to, fraction);
  if (task.state == TaskState::kRunning || to == TaskState::kRunning) {
    CountRunning(*task.of_job, to == TaskState::kRunning);
  }
  task.state = to;
  Queue(task);
}

void TaskTable::Queue(Task& task) {
  const bool can_start =
      task.state == TaskState::kWaiting && task.inputs_missing == 0 && !task.of_job->closed;
  if (!can_start || task.queue != Task::Queue::kNone) {
    return;
  }
  if (task.not_before > Time{}) {
    task.queue = Task::Queue::kResting;
    resting_.emplace(task.not_before, task.id);
  } else {
    task.queue = Task::Queue::kReady;
    ready_.Insert(*task.requirement, {task.job_sequence, task.id, &task});
  }
}

void TaskTable::Unqueue(Task& task) {
  if (task.queue == Task::Queue::kResting) {
    resting_.erase({task.not_before, task.id});
  } else if (task.queue == Task::Queue::kReady) {
    ready_.Erase(*task.requirement, task.job_sequence, task.id);
  }
  task.queue = Task::Queue::kNone;
}

void TaskTable::CountRunning(const JobTasks& job, bool more) {
  std::uint32_t& running = *job.user_running;
  const bool was_held = running >= user_running_max_;
  running = more ? running + 1 : running - 1;
  const bool is_held = running >= user_running_max_;
  if (is_held != was_held) {
    ready_.Hold(job.user, is_held);
  }
}

}  // namespace weft::coordinator
