// Frames of lossless segments (worker/media/frame_sink.h).

#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "common/result.h"
#include "worker/frame/frame.h"

namespace weft::media {

// Hands over the segment's frames in order: RGB, with the values and the depth that were written.
// bytes: of a segment of Codec::kFfv1 of so many frames, with a checksum of their own: not every
// flipped bit shows in here. kDataLoss: it is none, does not decode, or holds fewer frames or more.
// Others: those of `take`.
Status ReadSegment(std::string_view bytes,
                   std::uint32_t frame_count,
                   const std::function<Status(Frame)>& take);

}  // namespace weft::media
