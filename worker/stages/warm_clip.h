// The last opened clips, kept open: finding every frame of a long clip takes a while. And the last
// pictures that were read, as chunks read beyond their borders what others have read.

#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <string>

#include "common/file_stamps.h"
#include "common/result.h"
#include "worker/frame/frame.h"
#include "worker/media/frame_source.h"

namespace weft::worker {

// A frame of a clip, made to fit.
struct ClipPicture {
  std::string path;
  std::uint32_t frame = 0;  // Of the clip.
  int width = 0;
  int height = 0;
  bool stretched = false;  // media::StretchFrame() made it fit, else media::FitFrame().
  bool deep = false;       // With 16 bits a channel, Frame::deep; only in its own size.

  friend bool operator==(const ClipPicture& a, const ClipPicture& b) {
    return a.frame == b.frame && a.width == b.width && a.height == b.height &&
           a.stretched == b.stretched && a.deep == b.deep && a.path == b.path;
  }
};

// As many as a job can read: its source and eight clips of control maps. A file that was replaced
// or written to since is opened anew. One thread.
class WarmClip {
 public:
  // picture_bytes_max: of the pictures that are kept; a larger one is not.
  explicit WarmClip(std::size_t picture_bytes_max = std::size_t{1} << 28U)
      : picture_bytes_max_(picture_bytes_max) {}

  // Valid until the next call.
  Result<media::FrameSource*> Open(const std::string& path);

  // Errors as Open()'s and FrameSource::Read()'s.  kInvalidArgument: a deep one of another size.
  Result<Frame> Read(const ClipPicture& name);

  // Whether the next Read() finds it here, unless the clip was replaced.
  [[nodiscard]] bool Keeps(const ClipPicture& name) const;

 private:
  struct Picture {
    ClipPicture name;
    Frame frame;
  };
  struct Opened {
    std::string path;
    FileStamps stamps;
    std::unique_ptr<media::FrameSource> source;
  };

  void Forget(const std::string& path);

  std::list<Opened> clips_;      // The last used one first.
  std::list<Picture> pictures_;  // The last read one first.
  std::size_t picture_bytes_ = 0;
  std::size_t picture_bytes_max_;
};

}  // namespace weft::worker
