#include "coordinator/ledger/state_check.h"

#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

#include "common/blob/blob_loss.h"
#include "common/checksum.h"
#include "common/storage/upload_place.h"
#include "common/wire/ids_wire.h"
#include "coordinator/core/job_table.h"
#include "coordinator/core/record.h"
#include "coordinator/ledger/record_bytes.h"
#include "coordinator/ledger/upload_check.h"

namespace weft::coordinator {
namespace {

constexpr std::uint64_t kFreeBytesMin = 4 << 20;

bool IsOfTask(const std::string& key) {
  return key.rfind("task/", 0) == 0;
}

constexpr const char* kDropped = "it is dropped, as nobody reads it any more";

using Place = std::tuple<Stage, std::uint32_t, std::uint32_t>;

Place Of(const TaskPlace& place) {
  return {place.stage, place.chunk, place.round};
}

// A job with what its records say of its tasks.
struct StoredJob {
  Job job;
  std::map<Place, v1::TaskRecord> tasks = {};
};

class Checker {
 public:
  explicit Checker(BlobStore& blobs) : blobs_(blobs) {}

  Result<StateCheck> Check(const std::vector<RawRecord>& records) {
    check_.record_count = records.size();
    std::vector<v1::TaskRecord> tasks;
    for (const RawRecord& record : records) {
      Read(record, tasks);
    }
    check_.job_count = jobs_.size();
    for (v1::TaskRecord& task : tasks) {
      Join(std::move(task));
    }
    std::vector<const Job*> jobs;
    for (auto& [id, job] : jobs_) {
      CheckOutputsOf(job);
      jobs.push_back(&job.job);
    }
    WEFT_ASSIGN_OR_RETURN(const std::vector<std::string> keys, blobs_.List(""));
    CheckUploads(jobs, keys, blobs_, check_);
    for (const std::string& key : keys) {
      check_.orphan_count += named_.count(key) == 0 && !ParsePieceKey(key).has_value() ? 1 : 0;
    }
    return std::move(check_);
  }

 private:
  void Report(std::string place, std::string what, std::string remedy) {
    check_.defects.push_back({std::move(place), std::move(what), std::move(remedy), std::nullopt});
  }

  void Read(const RawRecord& record, std::vector<v1::TaskRecord>& tasks) {
    Result<v1::LedgerRecord> value = FromBytes(record.key, record.bytes);
    if (!value) {
      Refuse(record.key, value.error());
    } else if (value->has_task()) {
      tasks.push_back(std::move(*value->mutable_task()));
    } else if (value->has_job()) {
      Result<Job> job = FromRecord(value->job());
      if (job) {
        const JobId id = job->id;
        jobs_.emplace(id, StoredJob{*std::move(job)});
      } else {
        Refuse(record.key, job.error());
      }
    }
  }

  void Refuse(const std::string& key, const Error& error) {
    // A newer Weft's record is none of our business.
    if (error.code() == ErrorCode::kUnsupported || !IsOfTask(key)) {
      Report(key, error.message(), "");
      return;
    }
    Report(key, error.message(), "the task runs again");
    check_.deletes.push_back(key);
  }

  void Join(v1::TaskRecord task) {
    const std::string key = ToRecord(task).key;
    const auto id = FromWire(task.task());
    const auto job = id ? jobs_.find(id->job) : jobs_.end();
    if (job == jobs_.end()) {
      Report(key, "there is no such job", "the record is dropped");
      check_.deletes.push_back(key);
      return;
    }
    for (const v1::Output& output : task.outputs()) {
      named_.insert(output.blob().key());
    }
    job->second.tasks[{id->stage, id->chunk, id->round}] = std::move(task);
  }

  void CheckOutputsOf(StoredJob& stored) {
    // Readers come after what they read: by the time a task is looked at, it is known who of its
    // readers must run again.
    const std::vector<PlannedTask>& plan = stored.job.plan.tasks;
    std::set<Place> needed;
    for (auto planned = plan.rbegin(); planned != plan.rend(); ++planned) {
      const auto task = stored.tasks.find(Of(planned->place));
      const bool done = task != stored.tasks.end() && task->second.state() == v1::TASK_STATE_DONE;
      // A failed or cancelled job may be tried again, and then goes on from what is there.
      const bool open = stored.job.state != JobState::kDone;
      const bool is_needed = open && needed.count(Of(planned->place)) > 0;
      if (open && (!done || !HasOutputs(stored.job, *planned, task->second, is_needed))) {
        for (const PlannedInput& input : planned->inputs) {
          needed.insert(Of(input.from));
        }
      } else if (done && !open && planned->place.stage == Stage::kAssemble) {
        CheckResult(stored.job, task->second);
      } else if (done && !open) {
        HasOutputs(stored.job, *planned, task->second, false);
      }
    }
  }

  // The job is done: what it has left here is whole, or gone, as its time is over, or going, as
  // somebody had it dropped.
  void CheckResult(const Job& job, const v1::TaskRecord& task) {
    if (job.result_dropped_unix_ms != 0) {
      return;
    }
    std::vector<std::pair<std::string, std::string>> wrong;
    bool is_there = false;
    for (const v1::Output& output : task.outputs()) {
      const std::optional<std::string> what = WhatIsWrong(output.blob());
      is_there = is_there || what != kGone;
      if (what.has_value()) {
        wrong.emplace_back(output.blob().key(), *what);
      }
    }
    for (const auto& [key, what] : wrong) {
      if (is_there) {
        Report(key,
               what + ", and the result of " + job.id.value +
                   " cannot be fetched: only a new job brings it again",
               "");
      }
    }
  }

  // False when the task has to run again.
  bool HasOutputs(const Job& job,
                  const PlannedTask& planned,
                  const v1::TaskRecord& task,
                  bool is_needed) {
    bool has_all = true;
    for (const v1::Output& output : task.outputs()) {
      const std::optional<std::string> wrong = WhatIsWrong(output.blob());
      if (!wrong.has_value() || (*wrong == kGone && !is_needed)) {
        continue;  // What nobody reads any more may have been dropped.
      }
      has_all = has_all && !is_needed;
      check_.blob_deletes.push_back(output.blob().key());
      const TaskId id{job.id, planned.place.stage, planned.place.chunk, planned.place.round};
      Report(output.blob().key(), *wrong,
             is_needed ? job.id.value + ": " + Name(id) + " runs again" : std::string(kDropped));
      if (is_needed) {
        check_.defects.back().attempt = AttemptId{id, task.attempt(), task.epoch()};
      }
    }
    if (!has_all) {
      v1::TaskRecord again = task;
      again.set_state(v1::TASK_STATE_WAITING);
      again.clear_outputs();
      const Record record = ToRecord(std::move(again));
      check_.puts.Add(record);
    }
    return has_all;
  }

  std::optional<std::string> WhatIsWrong(const v1::BlobRef& blob) {
    const Result<std::string> bytes = blobs_.Get(blob.key());
    ++check_.blob_count;
    if (!bytes) {
      if (!SaysThatItIsLost(bytes.error())) {
        Report(blob.key(), bytes.error().message() + ": it may be whole", "");
        return std::nullopt;
      }
      return bytes.error().code() == ErrorCode::kNotFound ? kGone : bytes.error().message();
    }
    if (bytes->size() != blob.size_bytes() || Xxh3(*bytes) != blob.checksum()) {
      return "it is not what the task brought: " + std::to_string(bytes->size()) + " bytes of " +
             std::to_string(blob.size_bytes()) + ", or another checksum";
    }
    return std::nullopt;
  }

  static inline const std::string kGone = "it is gone";

  BlobStore& blobs_;
  StateCheck check_;
  std::map<JobId, StoredJob> jobs_;
  std::set<std::string> named_;  // Blobs that records name.
};

}  // namespace

Result<StateCheck> CheckState(const std::vector<RawRecord>& records, BlobStore& blobs) {
  return Checker(blobs).Check(records);
}

Status Repair(const StateCheck& check, RocksRecords& records, BlobStore& blobs) {
  for (const std::string& key : check.blob_deletes) {
    WEFT_RETURN_IF_ERROR(blobs.DeletePrefix(key));
  }
  return records.Write(check.puts, check.deletes, kFreeBytesMin);
}

}  // namespace weft::coordinator
