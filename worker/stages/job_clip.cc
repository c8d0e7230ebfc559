#include "worker/stages/job_clip.h"

#include <utility>

#include "worker/frame/geometry.h"
#include "worker/stages/guide.h"
#include "worker/stages/keys.h"
#include "worker/stages/probe.h"

namespace weft::worker {
namespace {

ClipPicture NameOf(const std::string& path, std::uint32_t frame, const v1::Clip& clip) {
  return {path, frame, static_cast<int>(clip.size().width()),
          static_cast<int>(clip.size().height())};
}

// frame: its number in the job, for errors.
Result<Frame> ReadNamed(const ClipPicture& name, std::uint32_t frame, WarmClip& warm) {
  Result<Frame> read = warm.Read(name);
  if (!read) {
    return Failure(read.error().Within("frame " + std::to_string(frame)));
  }
  return read;
}

}  // namespace

Result<Frame> ReadFrame(const v1::JobSpec& job,
                        const v1::Clip& clip,
                        std::uint32_t frame,
                        WarmClip& warm) {
  ClipPicture name = NameOf(job.input_path(), clip.first_frame() + frame, clip);
  name.deep = job.high_bit_depth() && job.keys_path().empty();  // With key frames it is the guide.
  return ReadNamed(name, frame, warm);
}

Result<Frame> ReadStretched(const v1::JobSpec& job,
                            const v1::Clip& clip,
                            std::uint32_t frame,
                            WarmClip& warm) {
  ClipPicture name = NameOf(job.input_path(), clip.first_frame() + frame, clip);
  name.stretched = true;
  return warm.Read(name);
}

Result<Frame> ReadKey(const v1::JobSpec& job,
                      const v1::Clip& clip,
                      std::uint32_t frame,
                      WarmClip& warm) {
  WEFT_ASSIGN_OR_RETURN(media::FrameSource* const source, warm.Open(job.input_path()));
  const media::ClipFacts facts = source->facts();  // `source` lasts until the next Open().
  WEFT_ASSIGN_OR_RETURN(media::FrameSource* const keys, warm.Open(job.keys_path()));
  const KeyClips clips{job, facts, keys->facts()};
  // Again: a file may have been replaced since the probe.
  WEFT_RETURN_IF_ERROR(CheckKeys(clips));
  if (static_cast<std::uint32_t>(clips.keys.width) != clip.size().width() ||
      static_cast<std::uint32_t>(clips.keys.height) != clip.size().height()) {
    return Failure(ErrorCode::kInvalidArgument, job.keys_path() + " has changed its size");
  }
  const std::uint32_t index = IndexOfKey(clips, clip.first_frame() + frame);
  return job.high_bit_depth() ? keys->ReadDeep(index) : keys->Read(index);
}

Result<Frame> ReadMap(const v1::Control& control,
                      const v1::Clip& clip,
                      std::uint32_t frame,
                      WarmClip& warm) {
  WEFT_ASSIGN_OR_RETURN(const media::FrameSource* const maps, warm.Open(control.maps_path()));
  WEFT_RETURN_IF_ERROR(CheckMapCount(control, maps->facts().frame_count, clip));
  Result<Frame> map =
      ReadNamed(NameOf(control.maps_path(), clip.first_frame() + frame, clip), frame, warm);
  if (!map) {
    return Failure(map.error().Within(control.maps_path()));
  }
  return map;
}

Result<std::vector<Frame>> ReadFrames(const v1::JobSpec& job,
                                      const v1::Clip& clip,
                                      FrameRange range,
                                      WarmClip& warm) {
  std::vector<Frame> frames;
  frames.reserve(range.size());
  for (std::uint32_t frame = range.begin; frame < range.end; ++frame) {
    WEFT_ASSIGN_OR_RETURN(Frame read, ReadFrame(job, clip, frame, warm));
    frames.push_back(std::move(read));
  }
  return frames;
}

Result<std::vector<Frame>> ReadGuides(const v1::JobSpec& job,
                                      const v1::Clip& clip,
                                      FrameRange range,
                                      WarmClip& warm) {
  WEFT_ASSIGN_OR_RETURN(media::FrameSource* const style, warm.Open(job.input_path()));
  const media::ClipFacts style_facts = style->facts();  // `style` lasts until the next Open().
  WEFT_ASSIGN_OR_RETURN(const media::FrameSource* const guide, warm.Open(job.guide_path()));
  const FrameRange shown{clip.first_frame() + range.begin, clip.first_frame() + range.end};
  const GuidedClips clips{job, guide->facts(), style_facts};
  // Again: a file may have been replaced since the probe.
  WEFT_RETURN_IF_ERROR(CheckGuide(clips, shown));
  std::vector<Frame> frames;
  frames.reserve(range.size());
  for (const std::uint32_t number : GuideFrames(clips, shown)) {
    ClipPicture name = NameOf(job.guide_path(), number, clip);
    name.stretched = true;
    WEFT_ASSIGN_OR_RETURN(Frame scaled, warm.Read(name));
    frames.push_back(std::move(scaled));
  }
  return frames;
}

Frame Pad(const Frame& frame, const v1::Clip& clip) {
  return PadByReflection(frame, static_cast<int>(clip.padded_size().width()),
                         static_cast<int>(clip.padded_size().height()));
}

std::vector<std::uint32_t> SceneStarts(const v1::Clip& clip) {
  return {clip.scene_starts().begin(), clip.scene_starts().end()};
}

FrameRange ToRange(const v1::FrameRange& range) {
  return {range.begin(), range.end()};
}

}  // namespace weft::worker
