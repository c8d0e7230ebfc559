// The last opened clips, kept open: finding every frame of a long clip takes a while.

#pragma once

#include <list>
#include <memory>
#include <string>

#include "common/file_stamps.h"
#include "common/result.h"
#include "worker/media/frame_source.h"

namespace weft::worker {

// As many as a job can read: its source and eight clips of control maps. A file that was replaced
// or written to since is opened anew. One thread.
class WarmClip {
 public:
  // Valid until the next call.
  Result<media::FrameSource*> Open(const std::string& path);

 private:
  struct Opened {
    std::string path;
    FileStamps stamps;
    std::unique_ptr<media::FrameSource> source;
  };
  std::list<Opened> clips_;  // The last used one first.
};

}  // namespace weft::worker
