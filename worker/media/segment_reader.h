// Frames of lossless segments (worker/media/frame_sink.h).

#pragma once

#include <functional>
#include <string_view>

#include "common/plan/frames.h"
#include "common/result.h"
#include "worker/frame/frame.h"

namespace weft::media {

// Hands over the frames `wanted`, which count from the segment's first one, in order: RGB, with the
// values that were written. bytes: of a segment of Codec::kFfv1, with a checksum of their own: not
// every flipped bit shows in here.
// kDataLoss: it is none, does not decode, or holds fewer frames.  Others: those of `take`.
Status ReadSegment(std::string_view bytes,
                   FrameRange wanted,
                   const std::function<Status(Frame)>& take);

}  // namespace weft::media
