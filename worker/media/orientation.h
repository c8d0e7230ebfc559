// How a stored picture must be turned to be seen upright.

#pragma once

#include "common/result.h"
#include "worker/frame/frame.h"
#include "worker/media/ffmpeg.h"

namespace weft::media {

// First rows and columns are swapped, then the result is flipped.
struct Orientation {
  bool transpose = false;
  bool flip_x = false;
  bool flip_y = false;
};

// From the stream's display matrix; upright when it has none.
// kUnsupported: turned by something else than quarters.
Result<Orientation> OrientationOf(const AVStream& stream);

Frame Oriented(Frame frame, const Orientation& orientation);

}  // namespace weft::media
