#include "worker/stages/probe.h"

#include <algorithm>
#include <string>
#include <utility>

#include "common/plan/key_frames.h"
#include "common/plan/probe_parts.h"
#include "worker/media/scene_cuts.h"
#include "worker/models/model_config.h"
#include "worker/models/model_cost.h"
#include "worker/stages/guide.h"
#include "worker/stages/job_model.h"
#include "worker/stages/keys.h"

namespace weft::worker {
namespace {

std::string Text(const v1::Size& size) {
  return std::to_string(size.width()) + "x" + std::to_string(size.height());
}

Result<FrameRange> ResolveFrames(const v1::JobSpec& job, const media::ClipFacts& facts) {
  if (!job.has_frames()) {
    return FrameRange{0, facts.frame_count};
  }
  const std::uint32_t end = job.frames().end() == 0 ? facts.frame_count : job.frames().end();
  if (job.frames().begin() >= end || end > facts.frame_count) {
    return Failure(ErrorCode::kInvalidArgument,
                   "frames " + std::to_string(job.frames().begin()) + ":" + std::to_string(end) +
                       ": the clip has frames 0 to " + std::to_string(facts.frame_count - 1) +
                       "; choose --frames A:B with A < B <= " + std::to_string(facts.frame_count));
  }
  return FrameRange{job.frames().begin(), end};
}

Status CheckSize(const v1::JobSpec& job, const v1::Size& size) {
  const bool even = size.width() % 2 == 0 && size.height() % 2 == 0;
  if (job.lossless() || even) {
    return {};
  }
  const v1::Size rounded = [&] {
    v1::Size down;
    down.set_width(size.width() / 2 * 2);
    down.set_height(size.height() / 2 * 2);
    return down;
  }();
  const bool may_scale = job.kind() != v1::JOB_KIND_DEFLICKER;
  return Failure(ErrorCode::kInvalidArgument,
                 "size " + Text(size) + ": H.264 in 4:2:0 needs an even width and height; use " +
                     (may_scale ? "--size " + Text(rounded) + ", or " : "") +
                     "--lossless with an .mkv output, which keeps odd sizes");
}

Status CheckMaps(const v1::JobSpec& job, const v1::Clip& clip, WarmClip& warm) {
  for (const v1::Control& control : job.controls()) {
    if (control.maps_path().empty()) {
      continue;
    }
    WEFT_ASSIGN_OR_RETURN(const media::FrameSource* const maps, warm.Open(control.maps_path()));
    WEFT_RETURN_IF_ERROR(CheckMapCount(control, maps->facts().frame_count, clip));
  }
  return {};
}

std::uint32_t RoundUp(std::uint32_t side, std::uint32_t factor) {
  return (side + factor - 1) / factor * factor;
}

// Whoever wants all frames of a file that breaks off would not notice.
Status CheckWhole(const v1::JobSpec& job, const std::string& path, const media::ClipFacts& facts) {
  if (facts.claimed_frames == facts.frame_count || job.frames().end() != 0) {
    return {};
  }
  return Failure(ErrorCode::kInvalidArgument,
                 path + " is cut off or damaged: it says that it has " +
                     std::to_string(facts.claimed_frames) + " frames, and " +
                     std::to_string(facts.frame_count) +
                     " can be read; copy or export it again, or take those with --frames 0:" +
                     std::to_string(facts.frame_count));
}

// What the job's own clip alone decides: its frames, sizes and times.
Result<v1::Clip> Describe(const v1::JobSpec& job, const media::ClipFacts& facts) {
  WEFT_RETURN_IF_ERROR(CheckWhole(job, job.input_path(), facts));
  WEFT_ASSIGN_OR_RETURN(const FrameRange frames, ResolveFrames(job, facts));
  v1::Clip clip;
  clip.set_frame_count(frames.size());
  clip.set_first_frame(frames.begin);
  clip.mutable_source_size()->set_width(static_cast<std::uint32_t>(facts.width));
  clip.mutable_source_size()->set_height(static_cast<std::uint32_t>(facts.height));
  *clip.mutable_size() = job.has_size() ? job.size() : clip.source_size();
  WEFT_RETURN_IF_ERROR(CheckSize(job, clip.size()));
  clip.mutable_frame_rate()->set_numerator(facts.rate_numerator);
  clip.mutable_frame_rate()->set_denominator(facts.rate_denominator);
  clip.set_variable_frame_rate(facts.variable_rate);
  const double end =
      frames.end < facts.frame_count ? facts.seconds[frames.end] : facts.duration_seconds;
  clip.set_duration_seconds(end - facts.seconds[frames.begin]);
  clip.set_has_audio(facts.has_audio);
  clip.set_bits(static_cast<std::uint32_t>(facts.bits));
  return clip;
}

void PadTo(std::uint32_t factor, v1::Clip& clip) {
  clip.mutable_padded_size()->set_width(RoundUp(clip.size().width(), factor));
  clip.mutable_padded_size()->set_height(RoundUp(clip.size().height(), factor));
  clip.set_vae_factor(factor);
}

// What a plan needs to weigh the model's work against other things.
Status SetCost(const v1::JobSpec& job, const models::ModelOptions& model, v1::Clip& clip) {
  WEFT_ASSIGN_OR_RETURN(const models::ModelCost cost,
                        models::EstimateCost(model, static_cast<int>(clip.padded_size().width()),
                                             static_cast<int>(clip.padded_size().height())));
  const double sides = job.guidance() == 1 ? 1 : 2;
  double step = cost.unet_step;
  for (int net = 0; net < job.controls_size(); ++net) {
    const v1::Control& control = job.controls(net);
    const double end = control.end() == 0 ? 1 : control.end();
    step += cost.controlnet_steps[static_cast<std::size_t>(net)] * (end - control.start());
  }
  clip.set_step_multiply_adds(sides * step);
  clip.set_attended_multiply_adds(sides * cost.unet_step_anchor);
  return {};
}

FrameRange FramesOf(const v1::Clip& clip) {
  return {clip.first_frame(), clip.first_frame() + clip.frame_count()};
}

Result<v1::Clip> IndexRender(const v1::JobSpec& job, WarmClip& warm) {
  WEFT_ASSIGN_OR_RETURN(const models::ModelOptions model, ModelOptionsOf(job));
  WEFT_RETURN_IF_ERROR(CheckModel(model));
  WEFT_ASSIGN_OR_RETURN(const int vae_factor,
                        models::ReadVaeFactor(model.vae.empty() ? model.model : model.vae));
  WEFT_ASSIGN_OR_RETURN(const media::FrameSource* const source, warm.Open(job.input_path()));
  WEFT_ASSIGN_OR_RETURN(v1::Clip clip, Describe(job, source->facts()));
  PadTo(static_cast<std::uint32_t>(vae_factor), clip);
  WEFT_RETURN_IF_ERROR(SetCost(job, model, clip));
  WEFT_RETURN_IF_ERROR(CheckMaps(job, clip, warm));
  return clip;
}

// `use` sees both clips of a job with a guide.
template <typename Use>
auto WithGuide(const v1::JobSpec& job, WarmClip& warm, const Use& use)
    -> decltype(use(std::declval<const GuidedClips&>())) {
  WEFT_ASSIGN_OR_RETURN(const media::FrameSource* const style, warm.Open(job.input_path()));
  const media::ClipFacts style_facts = style->facts();  // `style` lasts until the next Open().
  WEFT_ASSIGN_OR_RETURN(const media::FrameSource* const guide, warm.Open(job.guide_path()));
  return use(GuidedClips{job, guide->facts(), style_facts});
}

Result<v1::Clip> IndexDeflicker(const v1::JobSpec& job, WarmClip& warm) {
  WEFT_ASSIGN_OR_RETURN(const media::FrameSource* const style, warm.Open(job.input_path()));
  WEFT_ASSIGN_OR_RETURN(v1::Clip clip, Describe(job, style->facts()));
  PadTo(1, clip);
  if (!job.guide_path().empty()) {
    WEFT_RETURN_IF_ERROR(WithGuide(job, warm, [&](const GuidedClips& clips) {
      const Status whole = CheckWhole(job, job.guide_path(), clips.guide);
      return whole ? CheckGuide(clips, FramesOf(clip)) : whole;
    }));
  }
  return clip;
}

// Key frames of one size with the clip, or the clip is seen in theirs.
Result<v1::Clip> IndexKeyed(const v1::JobSpec& job, WarmClip& warm) {
  WEFT_ASSIGN_OR_RETURN(const media::FrameSource* const source, warm.Open(job.input_path()));
  const media::ClipFacts facts = source->facts();  // `source` lasts until the next Open().
  WEFT_ASSIGN_OR_RETURN(const media::FrameSource* const keys, warm.Open(job.keys_path()));
  WEFT_RETURN_IF_ERROR(CheckWhole(job, job.keys_path(), keys->facts()));
  WEFT_RETURN_IF_ERROR(CheckKeys({job, facts, keys->facts()}));
  v1::JobSpec sized = job;
  sized.mutable_size()->set_width(static_cast<std::uint32_t>(keys->facts().width));
  sized.mutable_size()->set_height(static_cast<std::uint32_t>(keys->facts().height));
  WEFT_ASSIGN_OR_RETURN(v1::Clip clip, Describe(sized, facts));
  PadTo(1, clip);
  WEFT_RETURN_IF_ERROR(KeyNumbers(job, clip));
  return clip;
}

Result<v1::Clip> IndexByKind(const v1::JobSpec& job, WarmClip& warm) {
  if (job.kind() != v1::JOB_KIND_DEFLICKER) {
    return IndexRender(job, warm);
  }
  return TakesKeys(job) ? IndexKeyed(job, warm) : IndexDeflicker(job, warm);
}

// Of the clip at `path`, counted from the job's first.
Result<std::vector<std::uint32_t>> KeyFramesOf(const std::string& path,
                                               const v1::Clip& clip,
                                               WarmClip& warm) {
  WEFT_ASSIGN_OR_RETURN(const media::FrameSource* const source, warm.Open(path));
  const FrameRange frames = FramesOf(clip);
  std::vector<std::uint32_t> key_frames;
  for (const std::uint32_t frame : source->facts().key_frames) {
    if (frames.Contains(frame)) {
      key_frames.push_back(frame - frames.begin);
    }
  }
  return key_frames;
}

// A guide without key frames would be decoded from its start for every part.
Status SetParts(const v1::JobSpec& job, WarmClip& warm, v1::Clip& clip) {
  WEFT_ASSIGN_OR_RETURN(const std::vector<std::uint32_t> key_frames,
                        KeyFramesOf(job.input_path(), clip, warm));
  if (!job.guide_path().empty()) {
    WEFT_ASSIGN_OR_RETURN(const media::FrameSource* const guide, warm.Open(job.guide_path()));
    if (guide->facts().key_frames.empty()) {
      return {};
    }
  }
  const std::vector<std::uint32_t> starts = ProbeParts(clip.frame_count(), key_frames);
  clip.mutable_part_starts()->Assign(starts.begin(), starts.end());
  return {};
}

Result<v1::Clip> Index(const v1::JobSpec& job, WarmClip& warm) {
  WEFT_ASSIGN_OR_RETURN(v1::Clip clip, IndexByKind(job, warm));
  WEFT_RETURN_IF_ERROR(SetParts(job, warm, clip));
  return clip;
}

Result<std::vector<std::uint32_t>> GuideNumbers(const v1::JobSpec& job,
                                                const v1::Clip& clip,
                                                WarmClip& warm) {
  return WithGuide(job, warm, [&](const GuidedClips& clips) -> Result<std::vector<std::uint32_t>> {
    WEFT_RETURN_IF_ERROR(CheckGuide(clips, FramesOf(clip)));
    return GuideFrames(clips, FramesOf(clip));
  });
}

Status CheckDecodes(media::FrameSource& source, FrameRange frames, const media::FrameWatch& watch) {
  for (std::uint32_t frame = frames.begin; frame < frames.end; ++frame) {
    WEFT_RETURN_IF_ERROR(source.Read(frame));
    WEFT_RETURN_IF_ERROR(watch());
  }
  return {};
}

// A part of the job as frames of the clip that shows its cuts.
struct Measured {
  std::string path;
  FrameRange part;
  std::uint32_t end = 0;  // Of the whole job's.
};

// The guide shows cuts better than the style, which may flicker as much as a cut does.
Result<Measured> MeasuredBy(const v1::JobSpec& job,
                            const v1::Clip& clip,
                            FrameRange part,
                            WarmClip& warm) {
  if (job.guide_path().empty()) {
    const std::uint32_t first = clip.first_frame();
    return Measured{job.input_path(), {first + part.begin, first + part.end}, FramesOf(clip).end};
  }
  WEFT_ASSIGN_OR_RETURN(const std::vector<std::uint32_t> numbers, GuideNumbers(job, clip, warm));
  const std::uint32_t end = GuideRange(numbers).end;
  const std::uint32_t part_end = part.end < numbers.size() ? numbers[part.end] : end;
  return Measured{job.guide_path(), {numbers[part.begin], part_end}, end};
}

Result<media::SceneChanges> Read(const v1::JobSpec& job,
                                 const v1::Clip& clip,
                                 FrameRange part,
                                 const PartWatch& watch,
                                 WarmClip& warm) {
  WEFT_ASSIGN_OR_RETURN(const Measured measured, MeasuredBy(job, clip, part, warm));
  const bool is_guided = !job.guide_path().empty();
  const double total = part.size() + (is_guided ? measured.part.size() : 0.0);
  double done = 0;
  const media::FrameWatch count = [&] { return watch(std::min(1.0, ++done / total)); };
  if (is_guided) {
    WEFT_ASSIGN_OR_RETURN(media::FrameSource* const style, warm.Open(job.input_path()));
    const std::uint32_t first = clip.first_frame();
    WEFT_RETURN_IF_ERROR(CheckDecodes(*style, {first + part.begin, first + part.end}, count));
  }
  WEFT_ASSIGN_OR_RETURN(media::FrameSource* const source, warm.Open(measured.path));
  return media::MeasureChanges(*source, measured.part, measured.end, count);
}

media::SceneChanges FromMessage(const v1::SceneChanges& changes) {
  return {{changes.to_next().begin(), changes.to_next().end()},
          {changes.past_next().begin(), changes.past_next().end()}};
}

Result<std::vector<std::uint32_t>> ScenesOf(const media::SceneChanges& changes,
                                            std::uint32_t frame_count) {
  const std::size_t pairs = frame_count - 1;
  if (changes.to_next.size() != pairs ||
      changes.past_next.size() != pairs - std::min<std::size_t>(pairs, 1)) {
    return Failure(ErrorCode::kDataLoss, "the probe's parts do not make the clip");
  }
  return media::FindSceneStarts(changes);
}

// A frame of the user's own clip that does not decode: no other try will read it.
template <typename T>
Result<T> BlamingInput(Result<T> result) {
  if (!result && result.error().code() == ErrorCode::kDataLoss) {
    return Failure(ErrorCode::kInvalidArgument, result.error().message());
  }
  return result;
}

}  // namespace

Result<v1::Clip> IndexClips(const v1::JobSpec& job, WarmClip& warm) {
  return BlamingInput(Index(job, warm));
}

Result<v1::SceneChanges> ReadPart(const v1::JobSpec& job,
                                  const v1::Clip& clip,
                                  FrameRange part,
                                  const PartWatch& watch,
                                  WarmClip& warm) {
  WEFT_ASSIGN_OR_RETURN(const media::SceneChanges changes,
                        BlamingInput(Read(job, clip, part, watch, warm)));
  v1::SceneChanges message;
  message.mutable_to_next()->Assign(changes.to_next.begin(), changes.to_next.end());
  message.mutable_past_next()->Assign(changes.past_next.begin(), changes.past_next.end());
  return message;
}

Result<v1::Clip> JoinParts(const v1::JobSpec& job,
                           const v1::Clip& clip,
                           const v1::SceneChanges& changes,
                           WarmClip& warm) {
  const media::SceneChanges measured = FromMessage(changes);
  std::vector<std::uint32_t> starts;
  if (job.guide_path().empty()) {
    WEFT_ASSIGN_OR_RETURN(starts, ScenesOf(measured, clip.frame_count()));
  } else {
    WEFT_ASSIGN_OR_RETURN(const std::vector<std::uint32_t> numbers, GuideNumbers(job, clip, warm));
    WEFT_ASSIGN_OR_RETURN(starts, ScenesOf(measured, GuideRange(numbers).size()));
    starts = GuideSceneStarts(starts, numbers);
  }
  if (TakesKeys(job)) {
    WEFT_ASSIGN_OR_RETURN(const std::vector<std::uint32_t> key_frames, KeyNumbers(job, clip));
    WEFT_RETURN_IF_ERROR(CheckKeyFrames(key_frames, starts, clip.frame_count()));
  }
  v1::Clip complete = clip;
  complete.mutable_scene_starts()->Assign(starts.begin(), starts.end());
  return complete;
}

Result<v1::Clip> ProbeClip(const v1::JobSpec& job) {
  WarmClip warm;
  WEFT_ASSIGN_OR_RETURN(const v1::Clip clip, IndexClips(job, warm));
  const PartWatch unwatched = [](double) { return Status(); };
  WEFT_ASSIGN_OR_RETURN(const v1::SceneChanges changes,
                        ReadPart(job, clip, {0, clip.frame_count()}, unwatched, warm));
  return JoinParts(job, clip, changes, warm);
}

Status CheckMapCount(const v1::Control& control, std::uint32_t map_count, const v1::Clip& clip) {
  const std::uint32_t needed = clip.first_frame() + clip.frame_count();
  if (map_count >= needed) {
    return {};
  }
  return Failure(ErrorCode::kInvalidArgument,
                 control.maps_path() + ": has " + std::to_string(map_count) +
                     " control maps, but the job runs to frame " + std::to_string(needed - 1) +
                     " of its source and needs " + std::to_string(needed));
}

}  // namespace weft::worker
