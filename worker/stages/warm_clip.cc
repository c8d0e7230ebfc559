#include "worker/stages/warm_clip.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "worker/media/scale.h"

namespace weft::worker {
namespace {

constexpr std::size_t kClipsMax = 9;

std::size_t BytesOf(const Frame& frame) {
  return frame.rgb.size() + frame.deep.size() * sizeof(frame.deep.front());
}

Result<Frame> ReadFit(media::FrameSource& source, const ClipPicture& name) {
  WEFT_ASSIGN_OR_RETURN(const Frame read, source.Read(name.frame));
  const auto fit = name.stretched ? media::StretchFrame : media::FitFrame;
  return fit(read, name.width, name.height);
}

Result<Frame> ReadDeep(media::FrameSource& source, const ClipPicture& name) {
  WEFT_ASSIGN_OR_RETURN(Frame read, source.ReadDeep(name.frame));
  if (read.width != name.width || read.height != name.height) {
    return Failure(ErrorCode::kInvalidArgument, name.path + " has changed its size");
  }
  return read;
}

}  // namespace

Result<media::FrameSource*> WarmClip::Open(const std::string& path) {
  // Before the clip is opened: what changes from then on shows at the next call. Where there is no
  // such file, opening it says so.
  const FileStamps stamps = StampsOf(path).value_or(FileStamps());
  const auto known = std::find_if(clips_.begin(), clips_.end(),
                                  [&](const Opened& clip) { return clip.path == path; });
  if (known != clips_.end() && known->stamps == stamps && !stamps.empty()) {
    clips_.splice(clips_.begin(), clips_, known);
    return clips_.front().source.get();
  }
  if (known != clips_.end()) {
    clips_.erase(known);
  } else if (clips_.size() == kClipsMax) {
    clips_.pop_back();
  }
  Forget(path);  // Pictures may outlast their clip, but not the file that they were read from.
  WEFT_ASSIGN_OR_RETURN(std::unique_ptr<media::FrameSource> source, media::OpenClip(path));
  clips_.push_front({path, stamps, std::move(source)});
  return clips_.front().source.get();
}

Result<Frame> WarmClip::Read(const ClipPicture& name) {
  WEFT_ASSIGN_OR_RETURN(media::FrameSource* const source, Open(name.path));
  const auto known = std::find_if(pictures_.begin(), pictures_.end(),
                                  [&](const Picture& picture) { return picture.name == name; });
  if (known != pictures_.end()) {
    pictures_.splice(pictures_.begin(), pictures_, known);
    return known->frame;
  }
  WEFT_ASSIGN_OR_RETURN(Frame frame, name.deep ? ReadDeep(*source, name) : ReadFit(*source, name));
  pictures_.push_front({name, frame});
  picture_bytes_ += BytesOf(frame);
  while (picture_bytes_ > picture_bytes_max_) {
    picture_bytes_ -= BytesOf(pictures_.back().frame);
    pictures_.pop_back();
  }
  return frame;
}

bool WarmClip::Keeps(const ClipPicture& name) const {
  return std::any_of(pictures_.begin(), pictures_.end(),
                     [&](const Picture& picture) { return picture.name == name; });
}

void WarmClip::Forget(const std::string& path) {
  for (auto picture = pictures_.begin(); picture != pictures_.end();) {
    if (picture->name.path == path) {
      picture_bytes_ -= BytesOf(picture->frame);
      picture = pictures_.erase(picture);
    } else {
      ++picture;
    }
  }
}

}  // namespace weft::worker
