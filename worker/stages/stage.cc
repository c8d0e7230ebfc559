#include "worker/stages/stage.h"

#include <chrono>

#include "common/wire/job_objects.h"
#include "worker/media/frame_sink.h"
#include "worker/models/model_memory.h"
#include "worker/stages/blobs.h"
#include "worker/stages/job_model.h"
#include "worker/stages/look.h"
#include "worker/stages/probe.h"
#include "worker/stages/smoothing.h"

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
    case v1::STAGE_ASSEMBLE:
      return RunAssemble(task, context);
    default:
      return Failure(ErrorCode::kUnsupported, "a stage that this worker does not know");
  }
}

// Every worker passes as many frames as this one has memory for: the number is part of the job's
// numbers, so it is decided once.
Status ChooseMicroBatch(const v1::JobSpec& job, std::uint64_t budget, v1::Clip& clip) {
  clip.set_micro_batch(job.micro_batch());
  if (job.micro_batch() > 0) {
    return {};
  }
  WEFT_ASSIGN_OR_RETURN(const models::ModelOptions model, ModelOptionsOf(job));
  WEFT_ASSIGN_OR_RETURN(const models::ModelMemory memory,
                        models::EstimateMemory(model, static_cast<int>(clip.padded_size().width()),
                                               static_cast<int>(clip.padded_size().height())));
  const int anchors = static_cast<int>(job.anchors_attended()) + 1;
  clip.set_micro_batch(
      static_cast<std::uint32_t>(models::LargestMicroBatch(memory, anchors, budget)));
  return {};
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
  const bool is_probe = task.attempt().task().stage() == v1::STAGE_PROBE;
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
  WEFT_RETURN_IF_ERROR(files.Publish(WatchOf(context, 1 - kTransferShare)));
  return result;
}

}  // namespace

Result<v1::TaskResult> RunTask(const v1::Task& task, StageContext& context) {
  const auto start = std::chrono::steady_clock::now();
  WEFT_RETURN_IF_ERROR(CheckAbandoned(context));
  const bool fetches = UsesObjects(task.job()) || UsesUploads(task.job());
  WEFT_ASSIGN_OR_RETURN(v1::TaskResult result,
                        fetches ? RunWithFetched(task, context) : RunStage(task, context));
  result.set_seconds(
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  return result;
}

// Finds everything wrong with the job's files before any frame is rendered.
Result<v1::TaskResult> RunProbe(const v1::Task& task, StageContext& context) {
  const v1::JobSpec& job = task.job();
  WEFT_RETURN_IF_ERROR(media::CheckOutputFitsSource(job.output_path(), job.input_path()));
  WEFT_RETURN_IF_ERROR(media::CheckOutput(
      job.output_path(), job.lossless() ? media::Codec::kFfv1 : media::Codec::kH264));
  v1::TaskResult result;
  WEFT_ASSIGN_OR_RETURN(*result.mutable_clip(), ProbeClip(job));
  if (job.kind() == v1::JOB_KIND_DEFLICKER) {
    WEFT_RETURN_IF_ERROR(CheckSmoothing(job, result.clip()));
  } else {
    context.moved(0.5);
    WEFT_RETURN_IF_ERROR(ChooseMicroBatch(job, context.memory, *result.mutable_clip()));
    WEFT_RETURN_IF_ERROR(context.model.For(job));
    if (!job.look_path().empty()) {
      WEFT_ASSIGN_OR_RETURN(const v1::Look look, LoadLook(job, result.clip()));
      WEFT_RETURN_IF_ERROR(
          StoreOutput(task, kLookOutput, look.SerializeAsString(), context.blobs, &result));
    }
  }
  result.set_frames(result.clip().frame_count());
  return result;
}

Status CheckAbandoned(const StageContext& context) {
  if (context.abandoned) {
    return Failure(ErrorCode::kCancelled, "the task was taken away from this worker");
  }
  return {};
}

}  // namespace weft::worker
