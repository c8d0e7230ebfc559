#include "worker/stages/probe.h"

#include <algorithm>
#include <memory>
#include <string>

#include "common/plan/key_frames.h"
#include "worker/media/frame_source.h"
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

Status CheckMaps(const v1::JobSpec& job, const v1::Clip& clip) {
  for (const v1::Control& control : job.controls()) {
    if (control.maps_path().empty()) {
      continue;
    }
    WEFT_ASSIGN_OR_RETURN(const std::unique_ptr<media::FrameSource> maps,
                          media::OpenClip(control.maps_path()));
    WEFT_RETURN_IF_ERROR(CheckMapCount(control, maps->facts().frame_count, clip));
  }
  return {};
}

std::uint32_t RoundUp(std::uint32_t side, std::uint32_t factor) {
  return (side + factor - 1) / factor * factor;
}

// What the job's own clip alone decides: its frames, sizes and times.
Result<v1::Clip> Describe(const v1::JobSpec& job, const media::ClipFacts& facts) {
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

Result<v1::Clip> ProbeRender(const v1::JobSpec& job) {
  WEFT_ASSIGN_OR_RETURN(const models::ModelOptions model, ModelOptionsOf(job));
  WEFT_RETURN_IF_ERROR(CheckModel(model));
  WEFT_ASSIGN_OR_RETURN(const int vae_factor,
                        models::ReadVaeFactor(model.vae.empty() ? model.model : model.vae));
  WEFT_ASSIGN_OR_RETURN(const std::unique_ptr<media::FrameSource> source,
                        media::OpenClip(job.input_path()));
  WEFT_ASSIGN_OR_RETURN(v1::Clip clip, Describe(job, source->facts()));
  PadTo(static_cast<std::uint32_t>(vae_factor), clip);
  WEFT_RETURN_IF_ERROR(SetCost(job, model, clip));
  WEFT_RETURN_IF_ERROR(CheckMaps(job, clip));
  WEFT_ASSIGN_OR_RETURN(const std::vector<std::uint32_t> scene_starts,
                        media::FindSceneStarts(*source, FramesOf(clip)));
  clip.mutable_scene_starts()->Assign(scene_starts.begin(), scene_starts.end());
  return clip;
}

Status CheckDecodes(media::FrameSource& source, FrameRange frames) {
  for (std::uint32_t frame = frames.begin; frame < frames.end; ++frame) {
    WEFT_RETURN_IF_ERROR(source.Read(frame));
  }
  return {};
}

// The guide shows cuts better than the style, which may flicker as much as a cut does.
Result<std::vector<std::uint32_t>> SceneStartsByGuide(const v1::JobSpec& job,
                                                      FrameRange frames,
                                                      media::FrameSource& style) {
  WEFT_ASSIGN_OR_RETURN(const std::unique_ptr<media::FrameSource> guide,
                        media::OpenClip(job.guide_path()));
  const GuidedClips clips{job, guide->facts(), style.facts()};
  WEFT_RETURN_IF_ERROR(CheckGuide(clips, frames));
  WEFT_RETURN_IF_ERROR(CheckDecodes(style, frames));
  return GuideSceneStarts(*guide, GuideFrames(clips, frames));
}

Result<v1::Clip> ProbeDeflicker(const v1::JobSpec& job) {
  WEFT_ASSIGN_OR_RETURN(const std::unique_ptr<media::FrameSource> style,
                        media::OpenClip(job.input_path()));
  WEFT_ASSIGN_OR_RETURN(v1::Clip clip, Describe(job, style->facts()));
  PadTo(1, clip);
  const FrameRange frames = FramesOf(clip);
  WEFT_ASSIGN_OR_RETURN(const std::vector<std::uint32_t> scene_starts,
                        job.guide_path().empty() ? media::FindSceneStarts(*style, frames)
                                                 : SceneStartsByGuide(job, frames, *style));
  clip.mutable_scene_starts()->Assign(scene_starts.begin(), scene_starts.end());
  return clip;
}

// Key frames of one size with the clip, or the clip is seen in theirs.
Result<v1::Clip> ProbeKeyed(const v1::JobSpec& job) {
  WEFT_ASSIGN_OR_RETURN(const std::unique_ptr<media::FrameSource> source,
                        media::OpenClip(job.input_path()));
  WEFT_ASSIGN_OR_RETURN(const std::unique_ptr<media::FrameSource> keys,
                        media::OpenClip(job.keys_path()));
  WEFT_RETURN_IF_ERROR(CheckKeys({job, source->facts(), keys->facts()}));
  v1::JobSpec sized = job;
  sized.mutable_size()->set_width(static_cast<std::uint32_t>(keys->facts().width));
  sized.mutable_size()->set_height(static_cast<std::uint32_t>(keys->facts().height));
  WEFT_ASSIGN_OR_RETURN(v1::Clip clip, Describe(sized, source->facts()));
  PadTo(1, clip);
  WEFT_ASSIGN_OR_RETURN(const std::vector<std::uint32_t> key_frames, KeyNumbers(job, clip));
  WEFT_ASSIGN_OR_RETURN(const std::vector<std::uint32_t> scene_starts,
                        media::FindSceneStarts(*source, FramesOf(clip)));
  WEFT_RETURN_IF_ERROR(CheckKeyFrames(key_frames, scene_starts, clip.frame_count()));
  clip.mutable_scene_starts()->Assign(scene_starts.begin(), scene_starts.end());
  return clip;
}

Result<v1::Clip> ProbeByKind(const v1::JobSpec& job) {
  if (job.kind() != v1::JOB_KIND_DEFLICKER) {
    return ProbeRender(job);
  }
  return TakesKeys(job) ? ProbeKeyed(job) : ProbeDeflicker(job);
}

}  // namespace

Result<v1::Clip> ProbeClip(const v1::JobSpec& job) {
  Result<v1::Clip> clip = ProbeByKind(job);
  if (!clip && clip.error().code() == ErrorCode::kDataLoss) {
    // A frame of the user's own clip: no other try will read it.
    return Failure(ErrorCode::kInvalidArgument, clip.error().message());
  }
  return clip;
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
