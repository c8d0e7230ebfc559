// The probe, as one task or as several: of a long clip the first one finds what it is, each part
// has a task that reads it, and the last one joins what they found.

#include <string>
#include <vector>

#include "common/ids.h"
#include "common/plan/probe_parts.h"
#include "worker/media/frame_sink.h"
#include "worker/models/model_memory.h"
#include "worker/stages/blobs.h"
#include "worker/stages/job_model.h"
#include "worker/stages/look.h"
#include "worker/stages/probe.h"
#include "worker/stages/smoothing.h"
#include "worker/stages/stage.h"

namespace weft::worker {
namespace {

constexpr char kChanges[] = "changes";

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

// What only a render has.
Status PrepareModel(const v1::Task& task, StageContext& context, v1::TaskResult& result) {
  const v1::JobSpec& job = task.job();
  WEFT_RETURN_IF_ERROR(ChooseMicroBatch(job, context.memory, *result.mutable_clip()));
  WEFT_RETURN_IF_ERROR(context.model.For(job));
  if (job.look_path().empty()) {
    return {};
  }
  WEFT_ASSIGN_OR_RETURN(const v1::Look look, LoadLook(job, result.clip()));
  return StoreOutput(task, kLookOutput, look.SerializeAsString(), context.blobs, &result);
}

// Tells the coordinator now and then how far it is.
PartWatch WatchOf(StageContext& context) {
  constexpr int kFramesUntold = 16;
  return [&context, untold = 0](double fraction) mutable {
    if (++untold == kFramesUntold) {
      context.moved(fraction);
      untold = 0;
    }
    return CheckAbandoned(context);
  };
}

void WarnOfOnePart(const v1::JobSpec& job, const v1::Clip& clip, StageContext& context) {
  if (clip.frame_count() >= 2 * kProbePartFrames && context.warned) {
    context.warned(job.input_path() + " is read by one worker alone, as it" +
                   (job.guide_path().empty() ? "" : " or its guide") +
                   " has no index of its key frames, a wrong one, or too few of them");
  }
}

// Finds everything wrong with the job's files before any frame is rendered.
Result<v1::TaskResult> RunIndex(const v1::Task& task, StageContext& context) {
  const v1::JobSpec& job = task.job();
  WEFT_RETURN_IF_ERROR(media::CheckOutputFitsSource(job.output_path(), job.input_path()));
  WEFT_RETURN_IF_ERROR(media::CheckOutput(
      job.output_path(), job.lossless() ? media::Codec::kFfv1 : media::Codec::kH264));
  v1::TaskResult result;
  WEFT_ASSIGN_OR_RETURN(*result.mutable_clip(), IndexClips(job, context.clip));
  WEFT_RETURN_IF_ERROR(job.kind() == v1::JOB_KIND_DEFLICKER ? CheckSmoothing(job, result.clip())
                                                            : PrepareModel(task, context, result));
  if (!result.clip().part_starts().empty()) {
    return result;
  }
  WarnOfOnePart(job, result.clip(), context);
  const FrameRange whole{0, result.clip().frame_count()};
  WEFT_ASSIGN_OR_RETURN(const v1::SceneChanges changes,
                        ReadPart(job, result.clip(), whole, WatchOf(context), context.clip));
  WEFT_ASSIGN_OR_RETURN(*result.mutable_clip(),
                        JoinParts(job, result.clip(), changes, context.clip));
  result.set_frames(whole.size());
  return result;
}

Result<v1::TaskResult> RunPart(const v1::Task& task, StageContext& context) {
  const FrameRange part = ToRange(task.chunk().core());
  WEFT_ASSIGN_OR_RETURN(const v1::SceneChanges changes,
                        ReadPart(task.job(), task.clip(), part, WatchOf(context), context.clip));
  v1::TaskResult result;
  WEFT_RETURN_IF_ERROR(
      StoreOutput(task, kChanges, changes.SerializeAsString(), context.blobs, &result));
  result.set_frames(part.size());
  return result;
}

Result<v1::TaskResult> RunJoin(const v1::Task& task, StageContext& context) {
  v1::SceneChanges all;
  for (int part = 0; part < task.clip().part_starts_size(); ++part) {
    WEFT_ASSIGN_OR_RETURN(
        const std::string bytes,
        FetchInput(task, {Stage::kProbe, static_cast<std::uint32_t>(part), kProbePart, kChanges},
                   context.blobs));
    v1::SceneChanges changes;
    if (!changes.ParseFromString(bytes)) {
      return Failure(ErrorCode::kDataLoss, "a part of the probe is damaged");
    }
    all.MergeFrom(changes);
  }
  v1::TaskResult result;
  WEFT_ASSIGN_OR_RETURN(*result.mutable_clip(),
                        JoinParts(task.job(), task.clip(), all, context.clip));
  return result;
}

}  // namespace

Result<v1::TaskResult> RunProbe(const v1::Task& task, StageContext& context) {
  switch (task.attempt().task().round()) {
    case kProbeIndex:
      return RunIndex(task, context);
    case kProbePart:
      return RunPart(task, context);
    case kProbeJoin:
      return RunJoin(task, context);
    default:
      return Failure(ErrorCode::kUnsupported,
                     "a round of the probe that this worker does not know");
  }
}

}  // namespace weft::worker
