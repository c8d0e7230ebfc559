// Where one shot ends and the next begins.

#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "common/plan/frames.h"
#include "common/result.h"
#include "worker/media/frame_source.h"

namespace weft::media {

// How much frames differ from those after them: what cuts are found by. Those of a clip's parts,
// one behind the other, are those of the clip.
struct SceneChanges {
  std::vector<double> to_next;    // [i]: from frame i to i + 1.
  std::vector<double> past_next;  // [i]: from frame i to i + 2.
};

// Told after every frame that was read; what it returns ends the reading.
using FrameWatch = std::function<Status()>;

// Of the frames of `part`, as far as the frames after them lie before `end`. Reads every frame of
// the part once, in order, and up to two behind it. An empty part reads none.
// kInvalidArgument: frames beyond the clip, or `end` within the part.
// kDataLoss: see FrameSource::Read.  Others: from `watch`.
Result<SceneChanges> MeasureChanges(FrameSource& source,
                                    FrameRange part,
                                    std::uint32_t end,
                                    const FrameWatch& watch = {});

// The first frames of the shots of a whole clip: ascending, the first is 0. Finds hard cuts only;
// fades, flashes of one frame, flicker and motion are none.
std::vector<std::uint32_t> FindSceneStarts(const SceneChanges& changes);

// The same of the frames of `range`, counted from range.begin. Reads each of them once, in order.
// kInvalidArgument: an empty range or one beyond the clip.  kDataLoss: see FrameSource::Read.
Result<std::vector<std::uint32_t>> FindSceneStarts(FrameSource& source, FrameRange range);

}  // namespace weft::media
