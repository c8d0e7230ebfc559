// Exact frame k of a clip.

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "common/plan/frames.h"
#include "common/result.h"
#include "worker/frame/frame.h"

namespace weft::media {

struct ClipFacts {
  std::uint32_t frame_count = 0;  // Frames that really decode, not what a header claims.
  // More than frame_count where an MP4 or Matroska file breaks off before it should: about as many
  // as it says that it has.
  std::uint32_t claimed_frames = 0;
  int width = 0;  // As shown: after rotation, with square pixels.
  int height = 0;
  int bits = 8;                     // Of the file's first colour component: luminance, or red.
  std::int64_t rate_numerator = 0;  // Average frame rate, frames per second.
  std::int64_t rate_denominator = 1;
  bool variable_rate = false;
  std::vector<double> seconds;  // Presentation time of every frame from the first one's; ascending.
  double duration_seconds = 0;  // From the first frame's start to the last frame's end.
  bool has_audio = false;
  // Frames from which decoding can begin, ascending. Empty: it begins at the clip's start alone,
  // as the file has no index of its key frames, or one that is wrong.
  std::vector<std::uint32_t> key_frames;
};

// Frames of one clip by their number in presentation order, from 0. Used by one thread.
class FrameSource {
 public:
  FrameSource() = default;
  FrameSource(const FrameSource&) = delete;
  FrameSource& operator=(const FrameSource&) = delete;
  virtual ~FrameSource() = default;

  [[nodiscard]] virtual const ClipFacts& facts() const = 0;

  // Frame `index` in the clip's own (shown) size. Reading upwards is fast; any order gives the same
  // frames.
  // kInvalidArgument: no such frame.  kDataLoss: the frame cannot be decoded.  kUnavailable: the
  // file cannot be read now; the next call tries again.
  virtual Result<Frame> Read(std::uint32_t index) = 0;

  // The same with 16 bits a channel, Frame::deep, whatever the clip's depth is.
  virtual Result<Frame> ReadDeep(std::uint32_t index) = 0;
};

// Opens a clip that FFmpeg reads and finds every frame in it, also with B-frames, long groups of
// pictures, variable frame rate, headers that lie and streams that begin with damaged frames.
// The errors say what is wrong with the file and name it:
// kNotFound: no such file.  kPermissionDenied.  kInvalidArgument: not media, no video stream, no
// frame, alpha, a codec FFmpeg does not know.  kUnavailable: its disk or its server fails or is
// away.
Result<std::unique_ptr<FrameSource>> OpenClip(const std::string& path);

}  // namespace weft::media
