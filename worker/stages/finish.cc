// Pictures of a chunk: decode (a render's latents, a deflicker job's clips), smooth across chunks,
// finish, encode one segment of the file, or without loss runs of pictures for the groups that the
// file is made of (encode.cc). Where a scene's colours are to be steady, a first round stores the
// smoothed pictures and measures them, and round 0 goes on from there.

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/plan/lending.h"
#include "common/plan/statistics.h"
#include "common/wire/picture_runs_wire.h"
#include "common/wire/seam_checks_wire.h"
#include "worker/deflicker/finishing.h"
#include "worker/frame/geometry.h"
#include "worker/media/frame_sink.h"
#include "worker/stages/blobs.h"
#include "worker/stages/denoising.h"
#include "worker/stages/job_clip.h"
#include "worker/stages/pictures.h"
#include "worker/stages/scene_statistics.h"
#include "worker/stages/segment_format.h"
#include "worker/stages/smoothing.h"
#include "worker/stages/stage.h"

namespace weft::worker {
namespace {

bool Smooths(const v1::Task& task) {
  return task.job().final_pass() && task.job().window() > 0;
}

// A seam check of chunks that exchange nothing: it has rendered its halo, and nobody else's frames
// are faded into it.
bool IsApart(const v1::Task& task) {
  return task.job().exchange() == v1::EXCHANGE_NONE && IsSeamCheck(task);
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
  if (IsApart(task)) {
    WEFT_ASSIGN_OR_RETURN(const Latents latents,
                          FetchOwn(task, rendered, ToRange(task.chunk().halo()), context.blobs));
    return ready.model->Decode(latents);
  }
  if (task.job().exchange() == v1::EXCHANGE_NONE) {
    WEFT_ASSIGN_OR_RETURN(const Latents latents,
                          FetchFaded(task, rendered, ToRange(task.chunk().halo()), context.blobs));
    return ready.model->Decode(latents);
  }
  WEFT_ASSIGN_OR_RETURN(const Latents latents,
                        FetchOwn(task, rendered, ToRange(task.chunk().core()), context.blobs));
  return Smooths(task) ? HaloPictures(task, round, latents, *ready.model, context)
                       : ready.model->Decode(latents);
}

Result<std::vector<Frame>> SmoothedCore(const v1::Task& task, StageContext& context) {
  WEFT_ASSIGN_OR_RETURN(std::vector<Frame> rendered, RenderedHalo(task, context));
  for (Frame& frame : rendered) {
    frame = Crop(frame, static_cast<int>(task.clip().size().width()),
                 static_cast<int>(task.clip().size().height()));
  }
  const FrameRange core = ToRange(task.chunk().core());
  if (!Smooths(task)) {  // A check that is apart has rendered more than its core.
    const auto own = rendered.begin() + (core.begin - task.chunk().halo().begin());
    rendered.erase(own + core.size(), rendered.end());
    rendered.erase(rendered.begin(), own);
    return rendered;
  }
  context.moved(0.4);
  WEFT_RETURN_IF_ERROR(CheckAbandoned(context));
  WEFT_ASSIGN_OR_RETURN(
      const std::vector<Frame> guides,
      ReadFrames(task.job(), task.clip(), ToRange(task.chunk().halo()), context.clip));
  return Smooth(task, core, &guides, rendered,
                IsApart(task) ? ScenesWithinHalo(task) : SceneStarts(task.clip()));
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

// Takes the smoothed frames of the core and brings the chunk's segment, or its runs of pictures,
// and the pictures beside borders that are checked; of a seam check these alone.
class Finisher {
 public:
  Finisher(const v1::Task& task, StageContext& context)
      : task_(task), context_(context), next_(task.chunk().core().begin()) {
    if (IsSeamCheck(task)) {
      return;
    }
    runs_ = PictureRunsOf(task);
    in_runs_ = !runs_.empty();
    if (!in_runs_) {
      runs_ = {ToRange(task.chunk().core())};
    }
  }

  Status Take(Frame frame) {
    if (task_.job().kind() != v1::JOB_KIND_DEFLICKER) {
      deflicker::AdjustContrast(task_.job().contrast(), &frame);
      deflicker::AdjustSharpness(task_.job().sharpness(), &frame);
    }
    const std::uint32_t number = next_++;
    if (std::binary_search(checked_.begin(), checked_.end(), number)) {
      WEFT_RETURN_IF_ERROR(
          StorePicture(task_, PictureName(number), frame, context_.blobs, &result_));
    }
    return runs_.empty() ? Status() : Encode(number, frame);
  }

  Result<v1::TaskResult> Finish() {
    result_.set_frames(ToRange(task_.chunk().core()).size());
    return std::move(result_);
  }

 private:
  Status Encode(std::uint32_t number, const Frame& frame) {
    const FrameRange run = runs_.at(run_);
    if (number == run.begin) {
      const bool lossless = in_runs_ || task_.job().lossless();
      WEFT_ASSIGN_OR_RETURN(segment_, media::OpenSegment(FormatOf(
                                          lossless ? media::Codec::kFfv1 : media::Codec::kH264,
                                          task_.job(), task_.clip())));
    }
    WEFT_RETURN_IF_ERROR(segment_->Write(frame));
    if (number + 1 < run.end) {
      return {};
    }
    WEFT_ASSIGN_OR_RETURN(const std::string bytes, segment_->Finish());
    ++run_;
    return StoreOutput(task_, in_runs_ ? RunName(run) : "segment", bytes, context_.blobs, &result_);
  }

  const v1::Task& task_;
  StageContext& context_;
  const std::vector<std::uint32_t> checked_ = FramesChecked(task_);
  bool in_runs_ = false;
  std::vector<FrameRange> runs_;  // Of one segment each; none of a seam check.
  std::size_t run_ = 0;           // The one that the next frame belongs to.
  std::uint32_t next_;            // That frame's number.
  std::unique_ptr<media::FrameSink> segment_;
  v1::TaskResult result_;
};

}  // namespace

Result<v1::TaskResult> RunFinish(const v1::Task& task, StageContext& context) {
  if (const std::uint32_t round = task.attempt().task().round(); round != 0) {
    return round == kSceneRound ? RunScene(task, context) : Measure(task, context);
  }
  Finisher finisher(task, context);
  const deflicker::TakeFrame take = [&](Frame frame) { return finisher.Take(std::move(frame)); };
  WEFT_RETURN_IF_ERROR(task.job().steady_colours() ? TakeSteady(task, context, take)
                                                   : TakePictures(task, context, take));
  return finisher.Finish();
}

}  // namespace weft::worker
