// The stages of a job, each a function from blobs (and the source clip) to blobs. A stage depends
// on its task alone: run again, anywhere, it writes the same bytes.

#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>

#include "common/blob_store.h"
#include "common/result.h"
#include "weft/v1/task.pb.h"
#include "worker/stages/job_clip.h"
#include "worker/stages/warm_model.h"
#include "worker/storage/task_files.h"

namespace weft::worker {

// What a stage works with. All of it outlives the task; used by one thread.
struct StageContext {
  BlobStore& blobs;
  WarmModel& model;
  WarmClip& clip;
  std::uint64_t memory;               // Bytes that the model may take on its device.
  std::function<void(double)> moved;  // Told the fraction of the task's work that is done, 0 to 1.
  const std::atomic<bool>&
      abandoned;  // Set from outside: stop at the next good place (kCancelled).
  // Told, for the log, what the task went without; empty: nobody is.
  std::function<void(const std::string&)> warned = {};
  // Of files that are objects or lie with the coordinator; null: such are refused.
  const StorageOptions* storage = nullptr;
};

// Runs any task and returns its outputs, which are stored. Files that are objects (s3://) or were
// handed in (weft://) are fetched before; an output that is an object, or that the coordinator
// keeps, is sent behind.
// kCancelled: it was abandoned.  kInvalidArgument, kNotFound, …: the job's input is at fault.
// kDataLoss, kUnavailable, kInternal, kResourceExhausted: another try may succeed.
Result<v1::TaskResult> RunTask(const v1::Task& task, StageContext& context);

// One function a stage; RunTask() chooses.
Result<v1::TaskResult> RunProbe(const v1::Task& task, StageContext& context);
Result<v1::TaskResult> RunAnnotate(const v1::Task& task, StageContext& context);
Result<v1::TaskResult> RunAnchor(const v1::Task& task, StageContext& context);
Result<v1::TaskResult> RunDenoise(const v1::Task& task, StageContext& context);
Result<v1::TaskResult> RunFinish(const v1::Task& task, StageContext& context);
Result<v1::TaskResult> RunEncode(const v1::Task& task, StageContext& context);
Result<v1::TaskResult> RunAssemble(const v1::Task& task, StageContext& context);

// kCancelled when the task was abandoned.
Status CheckAbandoned(const StageContext& context);

}  // namespace weft::worker
