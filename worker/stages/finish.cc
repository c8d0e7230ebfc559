// Pictures of a chunk: decode (a render's latents, a deflicker job's clips), smooth across chunks,
// finish, encode one segment.

#include <algorithm>
#include <iterator>
#include <memory>
#include <utility>
#include <vector>

#include "worker/deflicker/finishing.h"
#include "worker/frame/geometry.h"
#include "worker/media/frame_sink.h"
#include "worker/stages/blobs.h"
#include "worker/stages/denoising.h"
#include "worker/stages/job_clip.h"
#include "worker/stages/smoothing.h"
#include "worker/stages/stage.h"

namespace weft::worker {
namespace {

// The round whose latents the task is given: the job's last.
std::uint32_t LastRound(const v1::Task& task) {
  const auto& inputs = task.inputs();
  const auto latents = std::find_if(inputs.begin(), inputs.end(), [](const v1::Input& input) {
    return input.stage() == v1::STAGE_DENOISE;
  });
  return latents == inputs.end() ? 0 : latents->round();
}

// The pictures of `range`, in the output's size.
Result<std::vector<Frame>> DecodeRange(const v1::Task& task,
                                       FrameRange range,
                                       StageContext& context) {
  WEFT_ASSIGN_OR_RETURN(const WarmModel::Ready ready, context.model.For(task.job()));
  WEFT_ASSIGN_OR_RETURN(
      const Latents latents,
      FetchRange(task, {Stage::kDenoise, LastRound(task), "latents"}, range, context.blobs));
  WEFT_ASSIGN_OR_RETURN(std::vector<Frame> frames, ready.model->Decode(latents));
  for (Frame& frame : frames) {
    frame = Crop(frame, static_cast<int>(task.clip().size().width()),
                 static_cast<int>(task.clip().size().height()));
  }
  return frames;
}

Result<std::vector<Frame>> SmoothedCore(const v1::Task& task, StageContext& context) {
  const FrameRange core = ToRange(task.chunk().core());
  if (!task.job().final_pass() || task.job().window() == 0) {
    return DecodeRange(task, core, context);
  }
  const FrameRange halo = ToRange(task.chunk().halo());
  WEFT_ASSIGN_OR_RETURN(const std::vector<Frame> rendered, DecodeRange(task, halo, context));
  context.moved(0.4);
  WEFT_RETURN_IF_ERROR(CheckAbandoned(context));
  WEFT_ASSIGN_OR_RETURN(const std::vector<Frame> guides,
                        ReadFrames(task.job(), task.clip(), halo, context.clip));
  return Smooth(task, core, &guides, rendered);
}

// Of a deflicker job's finish; the rest reads and encodes.
constexpr double kSmoothingShare = 0.95;

// The fast mode shares work between all frames of a core; the others go frame by frame.
std::uint32_t SliceLength(const v1::Task& task) {
  constexpr std::uint32_t kSlice = 4;
  const bool whole = task.job().smoothing_mode() == v1::SMOOTHING_MODE_FAST;
  return whole ? ToRange(task.chunk().core()).size() : kSlice;
}

// Slice by slice, which changes no frame: large frames take minutes each chunk, and meanwhile the
// task shall show how far it is and stop when it is abandoned.
Result<std::vector<Frame>> SmoothSlices(const v1::Task& task,
                                        const std::vector<Frame>* guides,
                                        const std::vector<Frame>& stylized,
                                        StageContext& context) {
  const FrameRange core = ToRange(task.chunk().core());
  const std::uint32_t length = SliceLength(task);
  std::vector<Frame> smoothed;
  smoothed.reserve(core.size());
  for (std::uint32_t begin = core.begin; begin < core.end; begin += length) {
    const FrameRange slice{begin, std::min(core.end, begin + length)};
    WEFT_ASSIGN_OR_RETURN(std::vector<Frame> frames, Smooth(task, slice, guides, stylized));
    std::move(frames.begin(), frames.end(), std::back_inserter(smoothed));
    context.moved(kSmoothingShare * static_cast<double>(smoothed.size()) / core.size());
    WEFT_RETURN_IF_ERROR(CheckAbandoned(context));
  }
  return smoothed;
}

// Of a video that was stylized already, beside its clean source if there is one.
Result<std::vector<Frame>> SmoothedClip(const v1::Task& task, StageContext& context) {
  const FrameRange halo = ToRange(task.chunk().halo());
  WEFT_ASSIGN_OR_RETURN(const std::vector<Frame> stylized,
                        ReadFrames(task.job(), task.clip(), halo, context.clip));
  if (task.job().guide_path().empty()) {
    return SmoothSlices(task, nullptr, stylized, context);
  }
  WEFT_ASSIGN_OR_RETURN(const std::vector<Frame> guides,
                        ReadGuides(task.job(), task.clip(), halo, context.clip));
  return SmoothSlices(task, &guides, stylized, context);
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

}  // namespace

Result<v1::TaskResult> RunFinish(const v1::Task& task, StageContext& context) {
  const bool is_rendered = task.job().kind() != v1::JOB_KIND_DEFLICKER;
  WEFT_ASSIGN_OR_RETURN(const std::vector<Frame> frames,
                        is_rendered ? RenderedCore(task, context) : SmoothedClip(task, context));
  WEFT_RETURN_IF_ERROR(CheckAbandoned(context));
  WEFT_ASSIGN_OR_RETURN(
      const std::unique_ptr<media::FrameSink> segment,
      media::OpenSegment({
          .codec = task.job().lossless() ? media::Codec::kFfv1 : media::Codec::kH264,
          .width = static_cast<int>(task.clip().size().width()),
          .height = static_cast<int>(task.clip().size().height()),
          .rate_numerator = task.clip().frame_rate().numerator(),
          .rate_denominator = task.clip().frame_rate().denominator(),
      }));
  for (const Frame& frame : frames) {
    WEFT_RETURN_IF_ERROR(segment->Write(frame));
  }
  WEFT_ASSIGN_OR_RETURN(const std::string bytes, segment->Finish());
  v1::TaskResult result;
  WEFT_RETURN_IF_ERROR(StoreOutput(task, "segment", bytes, context.blobs, &result));
  result.set_frames(static_cast<std::uint32_t>(frames.size()));
  return result;
}

}  // namespace weft::worker
