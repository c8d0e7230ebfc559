// Pictures of a chunk: decode (a render's latents, a deflicker job's clips), smooth across chunks,
// finish, encode one segment.

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "worker/deflicker/finishing.h"
#include "worker/frame/geometry.h"
#include "worker/media/frame_sink.h"
#include "worker/stages/blobs.h"
#include "worker/stages/denoising.h"
#include "worker/stages/job_clip.h"
#include "worker/stages/pictures.h"
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

Result<std::vector<Frame>> RenderedCore(const v1::Task& task, StageContext& context) {
  WEFT_ASSIGN_OR_RETURN(std::vector<Frame> frames, SmoothedCore(task, context));
  context.moved(0.8);
  for (Frame& frame : frames) {
    deflicker::AdjustContrast(task.job().contrast(), &frame);
    deflicker::AdjustSharpness(task.job().sharpness(), &frame);
  }
  return frames;
}

Status WriteRendered(const v1::Task& task, StageContext& context, media::FrameSink& segment) {
  WEFT_ASSIGN_OR_RETURN(const std::vector<Frame> frames, RenderedCore(task, context));
  WEFT_RETURN_IF_ERROR(CheckAbandoned(context));
  for (const Frame& frame : frames) {
    WEFT_RETURN_IF_ERROR(segment.Write(frame));
  }
  return {};
}

// Of a video that was stylized already. Large frames take minutes each chunk: meanwhile the task
// shows how far it is, and stops when it is abandoned.
Status WriteSmoothed(const v1::Task& task, StageContext& context, media::FrameSink& segment) {
  constexpr double kSmoothingShare = 0.95;  // The rest is encoded and stored.
  std::uint32_t written = 0;
  return SmoothClip(task, context.clip, [&](const Frame& frame) -> Status {
    WEFT_RETURN_IF_ERROR(segment.Write(frame));
    ++written;
    context.moved(kSmoothingShare * written / ToRange(task.chunk().core()).size());
    return CheckAbandoned(context);
  });
}

}  // namespace

Result<v1::TaskResult> RunFinish(const v1::Task& task, StageContext& context) {
  WEFT_ASSIGN_OR_RETURN(
      const std::unique_ptr<media::FrameSink> segment,
      media::OpenSegment({
          .codec = task.job().lossless() ? media::Codec::kFfv1 : media::Codec::kH264,
          .width = static_cast<int>(task.clip().size().width()),
          .height = static_cast<int>(task.clip().size().height()),
          .rate_numerator = task.clip().frame_rate().numerator(),
          .rate_denominator = task.clip().frame_rate().denominator(),
      }));
  WEFT_RETURN_IF_ERROR(task.job().kind() == v1::JOB_KIND_DEFLICKER
                           ? WriteSmoothed(task, context, *segment)
                           : WriteRendered(task, context, *segment));
  WEFT_ASSIGN_OR_RETURN(const std::string bytes, segment->Finish());
  v1::TaskResult result;
  WEFT_RETURN_IF_ERROR(StoreOutput(task, "segment", bytes, context.blobs, &result));
  result.set_frames(ToRange(task.chunk().core()).size());
  return result;
}

}  // namespace weft::worker
