#include "worker/stages/stage.h"

#include <chrono>

#include "common/ids.h"
#include "common/wire/job_objects.h"
#include "worker/stages/blobs.h"

namespace weft::worker {
namespace {

Result<v1::TaskResult> RunStage(const v1::Task& task, StageContext& context) {
  switch (task.attempt().task().stage()) {
    case v1::STAGE_PROBE:
      return RunProbe(task, context);
    case v1::STAGE_ANNOTATE:
      return RunAnnotate(task, context);
    case v1::STAGE_ANCHOR:
      return RunAnchor(task, context);
    case v1::STAGE_DENOISE:
      return RunDenoise(task, context);
    case v1::STAGE_FINISH:
      return RunFinish(task, context);
    case v1::STAGE_ENCODE:
      return RunEncode(task, context);
    case v1::STAGE_ASSEMBLE:
      return RunAssemble(task, context);
    default:
      return Failure(ErrorCode::kUnsupported, "a stage that this worker does not know");
  }
}

// What transfers take of a task's progress, at its begin and its end.
constexpr double kTransferShare = 0.01;

TransferWatch WatchOf(StageContext& context, double from) {
  return {
      .is_stopped = [&context] { return context.abandoned.load(); },
      .moved = [&context, from](double share) { context.moved(from + kTransferShare * share); }};
}

Result<v1::TaskResult> RunWithFetched(const v1::Task& task, StageContext& context) {
  if (context.storage == nullptr) {
    return Failure(ErrorCode::kUnsupported, "s3:// and weft:// are for workers of a fleet");
  }
  const v1::TaskId& id = task.attempt().task();
  const bool is_probe = id.stage() == v1::STAGE_PROBE && id.round() == kProbeIndex;
  const bool has_versions = UsesObjects(task.job());
  v1::ObjectVersions versions;
  if (has_versions && !is_probe) {
    WEFT_ASSIGN_OR_RETURN(const std::string noted,
                          FetchInput(task, {Stage::kProbe, 0, 0, kObjectsOutput}, context.blobs));
    if (!versions.ParseFromString(noted)) {
      return Failure(ErrorCode::kDataLoss, "not the versions of the job's objects");
    }
  }
  WEFT_ASSIGN_OR_RETURN(TaskFiles files, TaskFiles::Bring(task, versions, *context.storage,
                                                          context.blobs, WatchOf(context, 0)));
  Result<v1::TaskResult> result = RunStage(files.Task(), context);
  if (!result) {
    return Failure(files.Named(result.error()));
  }
  if (has_versions && is_probe) {
    const std::string noted = files.Versions().SerializeAsString();
    WEFT_RETURN_IF_ERROR(StoreOutput(task, kObjectsOutput, noted, context.blobs, &*result));
  }
  WEFT_RETURN_IF_ERROR(CheckAbandoned(context));
  const OutputSink sink{
      [&](const std::string& name, const std::string& bytes) {
        return StoreOutput(task, name, bytes, context.blobs, &*result);
      },
      // Where that fails, too, the coordinator drops it with the attempt.
      [&] { static_cast<void>(context.blobs.DeletePrefix(task.output_prefix())); }};
  WEFT_RETURN_IF_ERROR(files.Publish(sink, WatchOf(context, 1 - kTransferShare)));
  return result;
}

}  // namespace

Result<v1::TaskResult> RunTask(const v1::Task& task, StageContext& context) {
  const auto start = std::chrono::steady_clock::now();
  WEFT_RETURN_IF_ERROR(CheckAbandoned(context));
  const v1::JobSpec& job = task.job();
  const bool fetches = UsesObjects(job) || UsesUploads(job) || KeepsResult(job);
  WEFT_ASSIGN_OR_RETURN(v1::TaskResult result,
                        fetches ? RunWithFetched(task, context) : RunStage(task, context));
  result.set_seconds(
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  return result;
}

Status CheckAbandoned(const StageContext& context) {
  if (context.abandoned) {
    return Failure(ErrorCode::kCancelled, "the task was taken away from this worker");
  }
  return {};
}

}  // namespace weft::worker
