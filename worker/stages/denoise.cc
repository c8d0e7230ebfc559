// One round of one chunk: complete the smoothing step that the round before predicted, run the
// round's steps, predict the next smoothing step.

#include <algorithm>
#include <numeric>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/plan/deep_halo.h"
#include "common/wire/attention_wire.h"
#include "common/wire/seam_checks_wire.h"
#include "worker/models/model_memory.h"
#include "worker/stages/attended_anchors.h"
#include "worker/stages/blobs.h"
#include "worker/stages/denoising.h"
#include "worker/stages/look_texture.h"
#include "worker/stages/pictures.h"
#include "worker/stages/preview.h"
#include "worker/stages/smoothing.h"
#include "worker/stages/stage.h"

namespace weft::worker {
namespace {

// x0 of the core after smoothing: x0 + E(S(D(x0))) - E(D(x0)), so that smoothing which changes
// nothing changes nothing. clean: of the core, as the round predicted it.
Result<Latents> SmoothClean(const v1::Task& task,
                            std::uint32_t round,
                            Latents clean,
                            models::DiffusionModel& model,
                            StageContext& context) {
  const FrameRange core = ToRange(task.chunk().core());
  const FrameRange halo = ToRange(task.chunk().halo());
  WEFT_ASSIGN_OR_RETURN(const std::vector<Frame> decoded,
                        HaloPictures(task, round, clean, model, context));
  WEFT_RETURN_IF_ERROR(CheckAbandoned(context));
  WEFT_ASSIGN_OR_RETURN(std::vector<Frame> guides,
                        ReadFrames(task.job(), task.clip(), halo, context.clip));
  for (Frame& guide : guides) {
    guide = Pad(guide, task.clip());
  }
  // Chunks that exchange nothing see only themselves.
  const std::vector<std::uint32_t> scenes = task.job().exchange() == v1::EXCHANGE_NONE
                                                ? ScenesWithinHalo(task)
                                                : SceneStarts(task.clip());
  WEFT_ASSIGN_OR_RETURN(const std::vector<Frame> smoothed,
                        Smooth(task, core, &guides, decoded, scenes));
  WEFT_RETURN_IF_ERROR(CheckAbandoned(context));
  const auto own = decoded.begin() + (core.begin - halo.begin);
  WEFT_ASSIGN_OR_RETURN(const Latents before, model.Encode({own, own + core.size()}));
  WEFT_ASSIGN_OR_RETURN(const Latents after, model.Encode(smoothed));
  for (std::size_t i = 0; i < clean.values.size(); ++i) {
    clean.values[i] += after.values[i] - before.values[i];
  }
  return clean;
}

// The core and the frames that it attends to in the round's steps, ascending.
std::vector<std::uint32_t> FramesSeen(const v1::Task& task) {
  std::vector<std::uint32_t> frames = FrameNumbers(ToRange(task.chunk().core()));
  frames.insert(frames.end(), task.context_frames().begin(), task.context_frames().end());
  std::sort(frames.begin(), frames.end());
  return frames;
}

std::vector<int> Signed(const std::vector<std::uint32_t>& frames) {
  return {frames.begin(), frames.end()};
}

// Which frames each step brings, where they attend jointly.
std::vector<std::vector<int>> FramesBrought(const v1::Task& task) {
  const auto joint = JointAttentionOf(task.job());
  const v1::Round& round = task.round();
  const std::uint32_t steps =
      round.last_step() - round.first_step() + (round.has_predict_step() ? 1 : 0);
  if (!joint || steps == 0) {
    return {};
  }
  return DeepHaloOf(*joint, Signed(FrameNumbers(ToRange(task.chunk().core()))),
                    static_cast<int>(task.clip().frame_count()), steps)
      .computed;
}

class RoundRun {
 public:
  RoundRun(const v1::Task& task, const Denoising& denoising, StageContext& context)
      : task_(task), denoising_(denoising), context_(context) {}

  // x before the round's first whole step.
  Status Begin();
  // The round's steps, and its prediction if it has one.
  Status Steps();
  Result<v1::TaskResult> Store();

 private:
  Status StoreLatents(const std::string& name, const Latents& latents, v1::TaskResult* result);
  Status StoreForNeighbours(v1::TaskResult* result);
  Status StorePreview(v1::TaskResult* result);
  // The model's output for the core of x_.
  Result<Latents> Predict(int step);
  Result<Latents> PredictByAnchors(int step);
  // Bytes that the model may keep of anchors, which later tasks may attend to as well.
  [[nodiscard]] std::uint64_t RoomForAnchors() const;
  void TakeStep(const Latents& output, int step);
  // x0 of the model's output and, where the look is another job's, with about its texture.
  [[nodiscard]] Latents PredictClean(const models::SplitSteps& split,
                                     const Latents& output,
                                     int step) const;
  // Leaves of x_ the frames that the step brings: what else there was is of no use any more.
  Result<Latents> PredictJointly(int step);
  void KeepOnly(std::vector<std::uint32_t> frames);
  void Moved();

  const v1::Task& task_;
  const Denoising& denoising_;
  StageContext& context_;
  Anchors anchors_;
  const std::optional<FrameAttention> joint_ = JointAttentionOf(task_.job());
  const std::vector<std::vector<int>> brought_ = FramesBrought(task_);
  std::vector<std::uint32_t> seen_ = FramesSeen(task_);  // The frames of x_ and of input_.
  std::size_t evaluated_ = 0;                            // Steps, of brought_.
  models::StepInput input_;
  Latents x_;
  // Samplers that carry on more than x run all their steps in one round, and so in one task.
  models::StepMemory memory_;
  Latents predicted_clean_;
  Latents preview_;  // What the core's first frame looks like by now: its x0.
  std::uint32_t parts_done_ = 0;
};

Status RoundRun::Begin() {
  const v1::Round& round = task_.round();
  if (!round.has_smooth_step() && task_.attempt().task().round() == 0) {
    WEFT_ASSIGN_OR_RETURN(x_, denoising_.Start(seen_, context_));
    return {};
  }
  const std::uint32_t before = task_.attempt().task().round() - 1;
  if (!round.has_smooth_step()) {
    WEFT_ASSIGN_OR_RETURN(
        x_, FetchFrames(task_, {Stage::kDenoise, before, "latents"}, seen_, context_.blobs));
    return {};
  }
  const FrameRange core = ToRange(task_.chunk().core());
  WEFT_ASSIGN_OR_RETURN(const Latents noisy, FetchOwn(task_, {Stage::kDenoise, before, "latents"},
                                                      core, context_.blobs));
  WEFT_ASSIGN_OR_RETURN(const Latents predicted,
                        FetchOwn(task_, {Stage::kDenoise, before, "x0"}, core, context_.blobs));
  WEFT_ASSIGN_OR_RETURN(const Latents clean,
                        SmoothClean(task_, before, predicted, *denoising_.ready().model, context_));
  const int step = static_cast<int>(round.smooth_step());
  WEFT_ASSIGN_OR_RETURN(const models::SplitSteps* split, denoising_.sampler().Split());
  x_ = split->StepFromClean(noisy, clean, step, denoising_.StepNoise(step));
  preview_ = Slice(clean, 0, 1);
  Moved();
  return {};
}

Result<Latents> RoundRun::Predict(int step) {
  WEFT_RETURN_IF_ERROR(CheckAbandoned(context_));
  Result<Latents> output = joint_ ? PredictJointly(step) : PredictByAnchors(step);
  Moved();
  return output;
}

Result<Latents> RoundRun::PredictJointly(int step) {
  const models::JointFrames frames{.attention = *joint_,
                                   .total = static_cast<int>(task_.clip().frame_count()),
                                   .numbers = Signed(seen_),
                                   .wanted = brought_.at(evaluated_++)};
  const models::Sampler& sampler = denoising_.sampler();
  const WarmModel::Ready& ready = denoising_.ready();
  input_.noisy = sampler.ScaleModelInput(x_, step);
  WEFT_ASSIGN_OR_RETURN(Latents output,
                        ready.model->PredictJoint(input_, frames, sampler.timestep(step),
                                                  *ready.prompts, denoising_.GuidanceAt(step)));
  KeepOnly({frames.wanted.begin(), frames.wanted.end()});
  return output;
}

void RoundRun::KeepOnly(std::vector<std::uint32_t> frames) {
  const Latents before = std::exchange(x_, {});
  const std::vector<std::vector<ControlMap>> maps_before = input_.controls;
  input_.controls.assign(maps_before.size(), {});
  for (const std::uint32_t frame : frames) {
    const auto place = std::lower_bound(seen_.begin(), seen_.end(), frame) - seen_.begin();
    Append(Slice(before, static_cast<std::uint32_t>(place), 1), &x_);
    for (std::size_t net = 0; net < maps_before.size(); ++net) {
      input_.controls[net].push_back(maps_before[net][static_cast<std::size_t>(place)]);
    }
  }
  seen_ = std::move(frames);
}

// As much as two tasks like this one take, if there is room: what the next task of the round needs
// is among it. Of what is free a part only, for other workers may have the same device.
std::uint64_t RoundRun::RoomForAnchors() const {
  constexpr std::uint64_t kPartOfFree = 4;
  const v1::Clip& clip = task_.clip();
  if (ToRange(task_.chunk().core()).size() == clip.frame_count()) {
    return 0;
  }
  const auto memory = context_.model.Memory(static_cast<int>(clip.padded_size().width()),
                                            static_cast<int>(clip.padded_size().height()));
  const auto free = context_.model.MemoryFree();
  if (!memory || !free) {
    if (context_.warned) {
      context_.warned("anchors are not kept for the next chunk: " +
                      (memory ? free.error() : memory.error()).message());
    }
    return 0;
  }
  const v1::Round& round = task_.round();
  const std::uint64_t steps =
      round.last_step() - round.first_step() + (round.has_predict_step() ? 1 : 0);
  const std::size_t anchors = anchors_.frames.size();
  return std::min(
      {2 * steps * anchors * memory->anchor, *free / kPartOfFree,
       models::RoomForAnchors(*memory, static_cast<int>(anchors),
                              denoising_.ready().model->micro_batch(), context_.memory)});
}

Result<Latents> RoundRun::PredictByAnchors(int step) {
  const models::Sampler& sampler = denoising_.sampler();
  const WarmModel::Ready& ready = denoising_.ready();
  const models::Guidance guidance = denoising_.GuidanceAt(step);
  if (!anchors_.frames.empty()) {
    Latents before_step;
    for (const Latents& steps : anchors_.before_step) {
      Append(Slice(steps, static_cast<std::uint32_t>(step - denoising_.first_step()), 1),
             &before_step);
    }
    anchors_.input.noisy = sampler.ScaleModelInput(before_step, step);
    // A seam check computes what the chunks may have kept anew.
    if (IsSeamCheck(task_)) {
      WEFT_RETURN_IF_ERROR(ready.model->PredictAnchors(anchors_.input, sampler.timestep(step),
                                                       *ready.prompts, guidance));
    } else {
      WEFT_RETURN_IF_ERROR(ready.model->RecallAnchors(anchors_.input, sampler.timestep(step),
                                                      *ready.prompts, guidance));
    }
  }
  input_.noisy = sampler.ScaleModelInput(x_, step);
  return ready.model->PredictFrames(input_, sampler.timestep(step), *ready.prompts, guidance);
}

void RoundRun::TakeStep(const Latents& output, int step) {
  const models::Sampler& sampler = denoising_.sampler();
  const auto split = sampler.Split();
  const std::vector<float> noise = denoising_.StepNoise(step);
  if (!split) {
    x_ = sampler.Step(x_, output, step, noise, memory_);
    preview_ = Slice(x_, 0, 1);  // With its noise: these samplers do not tell x0 from it.
    return;
  }
  const Latents clean = PredictClean(**split, output, step);
  preview_ = Slice(clean, 0, 1);
  x_ = anchors_.texture.empty() ? sampler.Step(x_, output, step, noise, memory_)
                                : (*split)->StepFromClean(x_, clean, step, noise);
}

Latents RoundRun::PredictClean(const models::SplitSteps& split,
                               const Latents& output,
                               int step) const {
  Latents clean = split.PredictClean(x_, output, step);
  // Before, a prediction is still blurred, and has no texture of its own.
  if (!anchors_.texture.empty() && step >= denoising_.sampler().steps() / 2) {
    ApproachTexture(anchors_.texture, clean);
  }
  return clean;
}

Status RoundRun::Steps() {
  const v1::Round& round = task_.round();
  if (round.first_step() == round.last_step() && !round.has_predict_step()) {
    return {};
  }
  WEFT_ASSIGN_OR_RETURN(anchors_, FetchAnchors(task_, denoising_, context_));
  if (!anchors_.frames.empty()) {
    input_.attends = Attends(task_, anchors_.frames);
    if (!IsSeamCheck(task_)) {
      denoising_.ready().model->KeepAnchors(RoomForAnchors());
    }
  }
  if (!joint_) {
    input_.numbers.assign(seen_.begin(), seen_.end());
  }
  WEFT_ASSIGN_OR_RETURN(input_.controls, denoising_.Controls(seen_, context_));
  for (int step = static_cast<int>(round.first_step()); step < static_cast<int>(round.last_step());
       ++step) {
    WEFT_ASSIGN_OR_RETURN(const Latents output, Predict(step));
    TakeStep(output, step);
  }
  if (round.has_predict_step()) {
    const int step = static_cast<int>(round.predict_step());
    WEFT_ASSIGN_OR_RETURN(const models::SplitSteps* split, denoising_.sampler().Split());
    WEFT_ASSIGN_OR_RETURN(const Latents output, Predict(step));
    predicted_clean_ = PredictClean(*split, output, step);
    preview_ = Slice(predicted_clean_, 0, 1);
  }
  return {};
}

Result<v1::TaskResult> RoundRun::Store() {
  v1::TaskResult result;
  WEFT_RETURN_IF_ERROR(StoreLatents("latents", x_, &result));
  if (task_.round().has_predict_step()) {
    WEFT_RETURN_IF_ERROR(StoreLatents("x0", predicted_clean_, &result));
  }
  WEFT_RETURN_IF_ERROR(StoreForNeighbours(&result));
  if (task_.job().previews() && !IsSeamCheck(task_)) {
    const Status stored = StorePreview(&result);
    if (!stored && context_.warned) {
      context_.warned("there is no preview of this round: " + stored.error().message());
    }
  }
  result.set_frames(ToRange(task_.chunk().core()).size());
  result.set_micro_batch(denoising_.SmallerMicroBatch());
  return result;
}

Status RoundRun::StoreLatents(const std::string& name,
                              const Latents& latents,
                              v1::TaskResult* result) {
  WEFT_ASSIGN_OR_RETURN(const std::string bytes, PackLatents(latents));
  return StoreOutput(task_, name, bytes, context_.blobs, result);
}

// What is smoothed next: the round's prediction or, after the last step, what was rendered.
Status RoundRun::StoreForNeighbours(v1::TaskResult* result) {
  const bool predicts = task_.round().has_predict_step();
  const auto end = static_cast<std::uint32_t>(denoising_.sampler().steps());
  const bool ends = !predicts && task_.round().last_step() == end;
  if (task_.job().window() == 0 || (!predicts && !(ends && task_.job().final_pass()))) {
    return {};
  }
  WEFT_RETURN_IF_ERROR(CheckAbandoned(context_));
  return StoreLentPictures(task_, predicts ? predicted_clean_ : x_, *denoising_.ready().model,
                           context_, result);
}

Status RoundRun::StorePreview(v1::TaskResult* result) {
  WEFT_ASSIGN_OR_RETURN(const PreviewMap* map, context_.model.Preview());
  return StorePicture(task_, "preview", map->Picture(preview_), context_.blobs, result);
}

void RoundRun::Moved() {
  const v1::Round& round = task_.round();
  const std::uint32_t parts = (round.has_smooth_step() ? 1 : 0) + round.last_step() -
                              round.first_step() + (round.has_predict_step() ? 1 : 0);
  ++parts_done_;
  context_.moved(static_cast<double>(parts_done_) / std::max(parts, 1U));
}

}  // namespace

Result<v1::TaskResult> RunDenoise(const v1::Task& task, StageContext& context) {
  WEFT_ASSIGN_OR_RETURN(const Denoising denoising, Denoising::Prepare(task, context));
  RoundRun run(task, denoising, context);
  WEFT_RETURN_IF_ERROR(run.Begin());
  WEFT_RETURN_IF_ERROR(run.Steps());
  return run.Store();
}

}  // namespace weft::worker
