#include "worker/stages/job_clip.h"

#include <utility>

#include "worker/frame/geometry.h"
#include "worker/media/scale.h"

namespace weft::worker {

Result<media::FrameSource*> WarmClip::Open(const std::string& path) {
  if (!source_ || path != path_) {
    source_.reset();
    WEFT_ASSIGN_OR_RETURN(source_, media::OpenClip(path));
    path_ = path;
  }
  return source_.get();
}

Result<Frame> ReadFrame(const v1::JobSpec& job,
                        const v1::Clip& clip,
                        std::uint32_t frame,
                        WarmClip& warm) {
  WEFT_ASSIGN_OR_RETURN(media::FrameSource* const source, warm.Open(job.input_path()));
  Result<Frame> read = source->Read(clip.first_frame() + frame);
  if (!read) {
    return Failure(read.error().Within("frame " + std::to_string(frame)));
  }
  return media::FitFrame(*read, static_cast<int>(clip.size().width()),
                         static_cast<int>(clip.size().height()));
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
