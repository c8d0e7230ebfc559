#include "worker/stages/warm_clip.h"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace weft::worker {
namespace {

constexpr std::size_t kClipsMax = 9;

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
  WEFT_ASSIGN_OR_RETURN(std::unique_ptr<media::FrameSource> source, media::OpenClip(path));
  clips_.push_front({path, stamps, std::move(source)});
  return clips_.front().source.get();
}

}  // namespace weft::worker
