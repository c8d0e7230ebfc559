// Pictures of a chunk: decode (a render's latents, a deflicker job's clips), smooth across chunks,
// finish, encode one segment. Where a scene's colours are to be steady, a first round stores the
// smoothed pictures and measures them, and round 0 goes on from there.

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/plan/lending.h"
#include "common/plan/statistics.h"
#include "worker/deflicker/finishing.h"
#include "worker/frame/geometry.h"
#include "worker/media/frame_sink.h"
#include "worker/stages/blobs.h"
#include "worker/stages/denoising.h"
#include "worker/stages/job_clip.h"
#include "worker/stages/pictures.h"
#include "worker/stages/scene_statistics.h"
#include "worker/stages/smoothing.h"
#include "worker/stages/stage.h"

namespace weft::worker {
namespace {

bool Smooths(const v1::Task& task) {
  return task.job().final_pass() && task.job().window() > 0;
}

// The round whose latents the task is given: the job's last.
std::uint32_t LastRound(const v1::Task& task) {
  const auto& inputs = task.inputs();
  const auto latents = std::find_if(inputs.begin(), inputs.end(), [](const v1::Input& input) {
    return input.stage() == v1::STAGE_DENOISE;
  });
  return latents == inputs.end() ? 0 : latents->round();
}

// The pictures of the task's halo, as the model renders them.
Result<std::vector<Frame>> RenderedHalo(const v1::Task& task, StageContext& context) {
  WEFT_ASSIGN_OR_RETURN(const WarmModel::Ready ready, context.model.For(task.job()));
  const std::uint32_t round = LastRound(task);
  const ChunkOutput rendered{Stage::kDenoise, round, "latents"};
  if (task.job().exchange() == v1::EXCHANGE_NONE) {
    WEFT_ASSIGN_OR_RETURN(const Latents latents,
                          FetchFaded(task, rendered, ToRange(task.chunk().halo()), context.blobs));
    return ready.model->Decode(latents);
  }
  WEFT_ASSIGN_OR_RETURN(const Latents latents, FetchOwn(task, rendered, context.blobs));
  return Smooths(task) ? HaloPictures(task, round, latents, *ready.model, context)
                       : ready.model->Decode(latents);
}

Result<std::vector<Frame>> SmoothedCore(const v1::Task& task, StageContext& context) {
  WEFT_ASSIGN_OR_RETURN(std::vector<Frame> rendered, RenderedHalo(task, context));
  for (Frame& frame : rendered) {
    frame = Crop(frame, static_cast<int>(task.clip().size().width()),
                 static_cast<int>(task.clip().size().height()));
  }
  if (!Smooths(task)) {
    return rendered;
  }
  context.moved(0.4);
  WEFT_RETURN_IF_ERROR(CheckAbandoned(context));
  WEFT_ASSIGN_OR_RETURN(
      const std::vector<Frame> guides,
      ReadFrames(task.job(), task.clip(), ToRange(task.chunk().halo()), context.clip));
  return Smooth(task, ToRange(task.chunk().core()), &guides, rendered, SceneStarts(task.clip()));
}

Status TakeRendered(const v1::Task& task, StageContext& context, const deflicker::TakeFrame& take) {
  WEFT_ASSIGN_OR_RETURN(std::vector<Frame> frames, SmoothedCore(task, context));
  context.moved(0.8);
  WEFT_RETURN_IF_ERROR(CheckAbandoned(context));
  for (Frame& frame : frames) {
    WEFT_RETURN_IF_ERROR(take(std::move(frame)));
  }
  return {};
}

// Of a video that was stylized already. Large frames take minutes each chunk: meanwhile the task
// shows how far it is, and stops when it is abandoned.
Status TakeSmoothed(const v1::Task& task, StageContext& context, const deflicker::TakeFrame& take) {
  constexpr double kSmoothingShare = 0.95;  // The rest is encoded and stored.
  std::uint32_t taken = 0;
  return SmoothClip(task, context.clip, [&](Frame frame) -> Status {
    WEFT_RETURN_IF_ERROR(take(std::move(frame)));
    ++taken;
    context.moved(kSmoothingShare * taken / ToRange(task.chunk().core()).size());
    return CheckAbandoned(context);
  });
}

// Hands over the smoothed frames of the core, one after the other.
Status TakePictures(const v1::Task& task, StageContext& context, const deflicker::TakeFrame& take) {
  return task.job().kind() == v1::JOB_KIND_DEFLICKER ? TakeSmoothed(task, context, take)
                                                     : TakeRendered(task, context, take);
}

// Those that the measured chunk has stored, in their scene's colours.
Status TakeSteady(const v1::Task& task, StageContext& context, const deflicker::TakeFrame& take) {
  WEFT_ASSIGN_OR_RETURN(const SceneStatistics scenes,
                        SceneStatistics::Fetch(task, Stage::kFinish, 0, context.blobs));
  const FrameRange core = ToRange(task.chunk().core());
  for (std::uint32_t number = core.begin; number < core.end; ++number) {
    WEFT_RETURN_IF_ERROR(CheckAbandoned(context));
    WEFT_ASSIGN_OR_RETURN(Frame picture, FetchPicture(task,
                                                      {Stage::kFinish, task.chunk().index(),
                                                       kMeasureRound, PictureName(number)},
                                                      task.clip().size(), context.blobs));
    BringToColours(FrameMoments(picture.rgb), scenes.Of(number), &picture.rgb);
    WEFT_RETURN_IF_ERROR(take(std::move(picture)));
    context.moved(static_cast<double>(number + 1 - core.begin) / core.size());
  }
  return {};
}

Result<v1::TaskResult> Measure(const v1::Task& task, StageContext& context) {
  std::uint32_t number = task.chunk().core().begin();
  v1::Statistics colours;
  v1::TaskResult result;
  WEFT_RETURN_IF_ERROR(TakePictures(task, context, [&](const Frame& frame) -> Status {
    AddFrame(frame.rgb, colours);
    return StorePicture(task, PictureName(number++), frame, context.blobs, &result);
  }));
  WEFT_RETURN_IF_ERROR(
      StoreOutput(task, StatisticsName(0), colours.SerializeAsString(), context.blobs, &result));
  result.set_frames(ToRange(task.chunk().core()).size());
  return result;
}

}  // namespace

Result<v1::TaskResult> RunFinish(const v1::Task& task, StageContext& context) {
  if (const std::uint32_t round = task.attempt().task().round(); round != 0) {
    return round == kSceneRound ? RunScene(task, context) : Measure(task, context);
  }
  WEFT_ASSIGN_OR_RETURN(
      const std::unique_ptr<media::FrameSink> segment,
      media::OpenSegment({
          .codec = task.job().lossless() ? media::Codec::kFfv1 : media::Codec::kH264,
          .width = static_cast<int>(task.clip().size().width()),
          .height = static_cast<int>(task.clip().size().height()),
          .rate_numerator = task.clip().frame_rate().numerator(),
          .rate_denominator = task.clip().frame_rate().denominator(),
      }));
  const v1::JobSpec& job = task.job();
  const auto write = [&](Frame frame) {
    if (job.kind() != v1::JOB_KIND_DEFLICKER) {
      deflicker::AdjustContrast(job.contrast(), &frame);
      deflicker::AdjustSharpness(job.sharpness(), &frame);
    }
    return segment->Write(frame);
  };
  WEFT_RETURN_IF_ERROR(job.steady_colours() ? TakeSteady(task, context, write)
                                            : TakePictures(task, context, write));
  WEFT_ASSIGN_OR_RETURN(const std::string bytes, segment->Finish());
  v1::TaskResult result;
  WEFT_RETURN_IF_ERROR(StoreOutput(task, "segment", bytes, context.blobs, &result));
  result.set_frames(ToRange(task.chunk().core()).size());
  return result;
}

}  // namespace weft::worker
