#include "tests/simulation/audit.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <utility>

#include "common/wire/ids_wire.h"
#include "coordinator/core/result_keep.h"
#include "coordinator/core/task_message.h"
#include "coordinator/ledger/record_bytes.h"
#include "tests/coordinator/core/farm_invariants.h"

namespace weft::simulation {
namespace {

using coordinator::Floor;
using coordinator::Task;
using coordinator::TaskState;

// Looking at every task against the disk after every event would take most of the time, and what
// was once forgotten stays forgotten.
constexpr std::uint64_t kDivergenceEvery = 16;

constexpr std::uint64_t kLastEpoch = std::numeric_limits<std::uint64_t>::max();

std::string KeyOf(const TaskId& id) {
  v1::TaskRecord record;
  *record.mutable_task() = ToWire(id);
  return coordinator::ToRecord(std::move(record)).key;
}

// Of a result that is kept: a blob that is not there.
std::optional<std::string> FindLost(const Task& task, const Blobs& blobs) {
  for (const auto& [name, blob] : task.outputs) {
    if (task.id.stage == Stage::kAssemble && blobs.count(blob.key()) == 0) {
      return blob.key();
    }
  }
  return std::nullopt;
}

// Workers whose pictures are others began the job that is on disk.
bool BeginsAnew(const std::optional<v1::LedgerRecord>& on_disk, std::uint32_t pictures_since) {
  return on_disk.has_value() && on_disk->job().state() != v1::JOB_STATE_DONE &&
         on_disk->job().pictures_since() != pictures_since;
}

// That other versions take for true as well.
bool OutlivesVersions(const TaskId& id, const coordinator::Job& job) {
  return id.stage == Stage::kProbe && job.clip.has_value() && job.spec.look_path().empty();
}

}  // namespace

void Audit::Breach(const std::string& what) {
  Trace("BREACH: " + what);
  if (found_.empty()) {
    found_ = what;
  }
}

void Audit::Trace(const std::string& line) {
  if (traces_) {
    const auto ms = timeline_.Now().time_since_epoch().count();
    lines_.push_back(std::to_string(ms / 1000) + "." + std::to_string(1000 + ms % 1000).substr(1) +
                     "  " + line);
  }
}

void Audit::AfterRestore(const Floor& floor) {
  is_restored_ = true;
  NoteForgotten(floor);
  NoteBeginnings(floor);  // The life before may have died as soon as its first batch was on disk.
  for (const std::string& job : accepted_) {
    if (floor.jobs.Find({job}) == nullptr) {
      Breach("job " + job + " was accepted and is lost");
    }
  }
  for (const auto& [id, attempt] : committed_) {
    const coordinator::Job* job = floor.jobs.Find(id.job);
    if (job != nullptr && BeginsAnew(OnDisk("job/" + id.job.value), job->pictures_since) &&
        !OutlivesVersions(id, *job)) {
      continue;  // It counts until that is on disk, and no longer.
    }
    const Task* task = floor.tasks.Find(id);
    if (task == nullptr || task->state != TaskState::kDone || task->LatestAttempt() != attempt) {
      Breach("the acknowledged result of " + Name(id) + " is lost");
    }
  }
  if (auto breach = coordinator::FindBreach(floor); breach.has_value()) {
    Breach(*breach);
  }
}

void Audit::NoteForgotten(const Floor& floor) {
  for (const auto& [job, unix_ms] : floor.jobs.Forgotten()) {
    if (forgetting_.count(job.value) == 0) {
      Breach("job " + job.value + " is forgotten, and nobody has asked for that");
    }
    ReleasePromises(job);
  }
  for (const std::string& job : forgotten_) {
    if (floor.jobs.Find({job}) != nullptr || !floor.jobs.WasForgotten({job})) {
      Breach("job " + job + " was forgotten, and is back or not known for that");
    }
  }
}

void Audit::ReleasePromises(const JobId& job) {
  accepted_.erase(job.value);
  for (auto it = committed_.begin(); it != committed_.end();) {
    it = it->first.job == job ? committed_.erase(it) : std::next(it);
  }
}

void Audit::BeforeEvent(const Floor& floor, const coordinator::Event& event) {
  fence_.emplace(floor, event, timeline_.Now());
}

void Audit::AfterEvent(const Floor& floor,
                       const coordinator::Event& event,
                       const coordinator::Effects& effects) {
  if (auto breach = fence_->FindBreach(floor, effects); breach.has_value()) {
    Breach(*breach);
  }
  if (auto breach = coordinator::FindBreach(floor); breach.has_value()) {
    Breach(*breach);
  }
  if (auto breach = coordinator::FindBadStart(event, floor, effects); breach.has_value()) {
    Breach(*breach);
  }
  if (auto breach = coordinator::FindIdleness(floor, timeline_.Now()); breach.has_value()) {
    Breach(*breach);
  }
}

void Audit::AfterTurn(const Floor& floor) {
  if (std::exchange(is_restored_, false)) {
    NoteBeginnings(floor);
  }
  if (++turns_ % kDivergenceEvery != 0) {
    return;
  }
  for (const coordinator::Task* const known : floor.tasks.All()) {
    const coordinator::Task& task = *known;
    if (task.attempt == 0) {
      continue;
    }
    const coordinator::Record expected = task.ToRecord();
    const std::string* stored = disk_.Find(expected.key);
    // Tasks of a job that has ended are not written any more.
    const bool open = coordinator::IsOpen(floor.jobs.Find(task.id.job)->state);
    if (open && (stored == nullptr || *stored != coordinator::ToBytes(expected.value))) {
      Breach(Name(task.id) + " is not on disk as it is in memory");
    }
  }
}

void Audit::AfterDrop(const Floor& floor, const Blobs& blobs) {
  for (const coordinator::Task* const known : floor.tasks.All()) {
    const coordinator::Task& task = *known;
    if (task.state == TaskState::kDone) {
      const coordinator::Job& job = *floor.jobs.Find(task.id.job);
      const auto lost = job.result_dropped_unix_ms == 0 ? FindLost(task, blobs) : std::nullopt;
      if (lost.has_value()) {
        Breach("a result was dropped that is kept: " + *lost);
      }
      continue;
    }
    for (const coordinator::PlannedInput& input : task.plan->inputs) {
      const TaskId from{task.id.job, input.from.stage, input.from.chunk, input.from.round};
      const Task& source = *floor.tasks.Find(from);
      if (source.state == TaskState::kDone &&
          blobs.count(source.outputs.at(input.name).key()) == 0) {
        Breach("what " + Name(task.id) + " reads of " + Name(from) + " was dropped");
      }
    }
  }
}

void Audit::AtTheEnd(const Floor& floor, const Blobs& blobs) {
  for (const auto& [key, checksum] : blobs) {
    const coordinator::Job* job = floor.jobs.Find({key.substr(0, key.find('/'))});
    const auto attempt = coordinator::AttemptOfKey(key);
    const Task* task = attempt.has_value() ? floor.tasks.Find(attempt->task) : nullptr;
    const bool is_kept = job != nullptr && task != nullptr && task->id.stage == Stage::kAssemble &&
                         coordinator::HasResult(*job, floor);
    if (job == nullptr || (job->state == coordinator::JobState::kDone && !is_kept) ||
        task == nullptr || task->LatestAttempt() != *attempt) {
      Breach("a blob is left over: " + key);
    }
  }
}

void Audit::NoteBeginnings(const Floor& floor) {
  const auto epoch = OnDisk("epoch");
  for (const auto& [id, job] : floor.jobs.All()) {
    const auto record = OnDisk("job/" + id.value);
    if (!record.has_value()) {
      continue;
    }
    const std::uint32_t pictures = record->job().pictures_since();
    const auto [known, is_new] = pictures_.try_emplace(id.value, pictures);
    if (is_new || std::exchange(known->second, pictures) == pictures) {
      continue;
    }
    beginnings_[id.value].insert(epoch->epoch().epoch());
    for (auto it = committed_.begin(); it != committed_.end();) {
      const bool is_void = it->first.job == id && !OutlivesVersions(it->first, job);
      it = is_void ? committed_.erase(it) : std::next(it);
    }
  }
}

bool Audit::CheckBeginning(const v1::LedgerRecord& before,
                           const v1::LedgerRecord& after,
                           const std::vector<coordinator::Record>& batch) {
  const std::string key = "job/" + after.task().task().job();
  const auto job = std::find_if(batch.begin(), batch.end(),
                                [&](const auto& record) { return record.key == key; });
  if (!after.has_task() || job == batch.end() ||
      !BeginsAnew(OnDisk(key), job->value.job().pictures_since())) {
    return false;
  }
  const bool begins = std::any_of(batch.begin(), batch.end(),
                                  [](const auto& record) { return record.value.has_epoch(); });
  const v1::TaskRecord& task = before.task();
  if (!begins || after.task().state() == v1::TASK_STATE_DONE ||
      after.task().starts() <= std::max(task.starts(), task.attempt())) {
    Breach("what another version has made was not undone as a life begins: " +
           before.ShortDebugString());
  }
  return true;
}

bool Audit::CheckForgetting(const coordinator::Record& record,
                            const std::vector<coordinator::Record>& batch) {
  if (!record.value.has_forgotten() && !record.erased) {
    return false;
  }
  const std::string of_task = "task/";
  if (record.erased && record.key.rfind(of_task, 0) != 0) {
    Breach("a record is erased for good: " + record.key);
    return true;
  }
  // The last that is known of the job, on disk or on its way there with this.
  const std::size_t begin = of_task.size();
  const std::string job = record.erased
                              ? record.key.substr(begin, record.key.find('/', begin) - begin)
                              : record.value.forgotten().job();
  const auto is_of_job = [&](const auto& other) {
    return other.value.has_job() && other.value.job().job() == job;
  };
  const auto last = std::find_if(batch.rbegin(), batch.rend(), is_of_job);
  const auto on_disk = OnDisk("job/" + job);
  const v1::LedgerRecord known = last != batch.rend() ? last->value : on_disk.value();
  if (IsOpen(static_cast<coordinator::JobState>(known.job().state()))) {
    Breach("a job is forgotten that has not ended: " + job);
  }
  forgetting_.insert(job);
  return true;
}

bool Audit::IsForgotten(const std::string& job) const {
  const auto record = OnDisk("job/" + job);
  return record.has_value() && record->has_forgotten();
}

void Audit::BeforeCommit(const std::vector<coordinator::Record>& records) {
  for (const coordinator::Record& record : records) {
    if (CheckForgetting(record, records)) {
      continue;
    }
    const auto before = OnDisk(record.key);
    if (!before.has_value() || CheckBeginning(*before, record.value, records) ||
        CheckRunAgain(*before, record.value)) {
      continue;
    }
    if (auto breach = coordinator::FindBreach(*before, record.value); breach.has_value()) {
      Breach(*breach);
    }
  }
}

void Audit::BeforeSend(const coordinator::Message& message) {
  const v1::FromCoordinator& body = message.body;
  if (body.has_job_submitted()) {
    const std::string& job = body.job_submitted().job();
    if (!OnDisk("job/" + job).has_value()) {
      Breach("a job was accepted before it was on disk");
    }
    if (!IsForgotten(job)) {
      accepted_.insert(job);
    }
  } else if (body.has_job_forgotten()) {
    const std::string& job = body.job_forgotten().job();
    if (!IsForgotten(job)) {
      Breach("a job was called forgotten before that was on disk");
    }
    forgotten_.insert(job);
    ReleasePromises({job});
  } else if (body.has_assign_task()) {
    const v1::AttemptId& attempt = body.assign_task().task().attempt();
    if (IsForgotten(attempt.task().job())) {
      return;  // In the same turn, behind it.
    }
    const auto record = OnDisk(KeyOf(*FromWire(attempt.task())));
    // In the same turn an elder attempt may have brought the result: then that is the latest one.
    if (!record.has_value() ||
        std::max(record->task().attempt(), record->task().starts()) < attempt.number()) {
      Breach("a task was assigned before that was on disk");
    }
  } else if (body.has_outcome_acknowledged()) {
    const AttemptId attempt = *FromWire(body.outcome_acknowledged().attempt());
    const auto committed = committed_.find(attempt.task);
    if (!body.outcome_acknowledged().superseded()) {
      Promise(attempt);
    } else if (committed != committed_.end() && committed->second == attempt) {
      Breach("a result of " + Name(attempt.task) + " was taken, and then called superseded");
    }
  }
}

void Audit::OnLie(const Floor& floor, const v1::TaskCompleted& completed) {
  const Result<AttemptId> attempt = FromWire(completed.attempt());
  const coordinator::Task* task = attempt ? floor.tasks.Find(attempt->task) : nullptr;
  if (task != nullptr && task->state != TaskState::kDone && task->LatestAttempt() == *attempt &&
      IsOpen(floor.jobs.Find(attempt->task.job)->state) &&
      liars_.count(task->holder.worker.value) == 0) {
    Breach("what " + task->holder.worker.value + " stored for " + Name(attempt->task) +
           " was dropped, and may still count");
  }
}

bool Audit::IsOver(const AttemptId& attempt) const {
  if (IsForgotten(attempt.task.job.value)) {
    return true;
  }
  const auto record = OnDisk(KeyOf(attempt.task));
  if (!record.has_value()) {
    return false;
  }
  const bool is_late = std::max(record->task().attempt(), record->task().starts()) > attempt.number;
  return record->task().state() == v1::TASK_STATE_DONE ||
         (is_late && CountBeginnings(attempt.task.job.value, attempt.epoch) <
                         CountBeginnings(attempt.task.job.value, kLastEpoch));
}

std::size_t Audit::CountBeginnings(const std::string& job, std::uint64_t epoch) const {
  const auto found = beginnings_.find(job);
  return found == beginnings_.end() ? 0
                                    : static_cast<std::size_t>(std::distance(
                                          found->second.begin(), found->second.upper_bound(epoch)));
}

void Audit::Promise(const AttemptId& attempt) {
  if (IsForgotten(attempt.task.job.value)) {
    return;  // In the same turn, behind it.
  }
  const auto record = OnDisk(KeyOf(attempt.task));
  // In the same turn, behind it, an elder attempt may have brought the result.
  if (!record.has_value() ||
      std::max(record->task().attempt(), record->task().starts()) < attempt.number) {
    Breach("an outcome of " + Name(attempt.task) + " was acknowledged before it was on disk");
  } else if (record->task().state() == v1::TASK_STATE_DONE &&
             record->task().attempt() == attempt.number) {
    results_ += committed_.emplace(attempt.task, attempt).second ? 1 : 0;
  } else if (record->task().state() == v1::TASK_STATE_RUNNING &&
             record->task().attempt() == attempt.number) {
    Breach("an outcome of " + Name(attempt.task) + " was acknowledged and is not on disk");
  }
}

void Audit::OnStart(const AttemptId& attempt, const std::string& process) {
  const auto [first, is_new] =
      started_.try_emplace({attempt.task, {attempt.number, attempt.epoch}}, process);
  if (!is_new && first->second != process) {
    Breach("an attempt at " + Name(attempt.task) + " was given to " + first->second + " and to " +
           process);
  }
}

std::optional<v1::LedgerRecord> Audit::OnDisk(const std::string& key) const {
  const std::string* bytes = disk_.Find(key);
  if (bytes == nullptr) {
    return std::nullopt;
  }
  return *coordinator::FromBytes(key, *bytes);
}

}  // namespace weft::simulation
