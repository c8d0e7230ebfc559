// Where one shot ends and the next begins.

#pragma once

#include <cstdint>
#include <vector>

#include "common/plan/frames.h"
#include "common/result.h"
#include "worker/media/frame_source.h"

namespace weft::media {

// The first frames of the shots in `range`, counted from range.begin: ascending, the first is 0.
// Finds hard cuts only; fades, flashes of one frame, flicker and motion are none. Reads every frame
// of the range once, in order.
// kInvalidArgument: an empty range or one beyond the clip.  kDataLoss: see FrameSource::Read.
Result<std::vector<std::uint32_t>> FindSceneStarts(FrameSource& source, FrameRange range);

}  // namespace weft::media
