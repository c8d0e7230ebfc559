// In which parts a probe reads a long clip, so that many workers can do it at once. A function of
// the clip alone: everybody cuts it the same way.

#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "common/plan/frames.h"

namespace weft {

// Of a part, about. Clips of fewer than twice as many are read by one worker, as no time would be
// won: a part takes some seconds, and each worker has to open the clip first.
constexpr std::uint32_t kProbePartFrames = 1000;

// At most so many parts: of a longer clip they are longer.
constexpr std::uint32_t kProbePartsMax = 2000;

// The first frames of the parts, ascending; the first is 0. Each of the others is the first key
// frame at or after an even cut. Empty where one worker reads the clip: it is short, or its key
// frames are too few.
// key_frames: from which reading can begin, ascending; frames count from the job's first.
std::vector<std::uint32_t> ProbeParts(std::uint32_t frame_count,
                                      const std::vector<std::uint32_t>& key_frames);

// The frames of a part. REQUIRES: part < starts.size().
FrameRange ProbePart(const std::vector<std::uint32_t>& starts,
                     std::size_t part,
                     std::uint32_t frame_count);

}  // namespace weft
