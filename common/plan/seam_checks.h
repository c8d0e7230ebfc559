// Seam checks: whether one can see where a job was cut. At some borders between chunks, the frames
// beside the border are made a second time, as a chunk of their own within which no border lies;
// what is made of them is compared with what the job's chunks made, and goes into no file.

#pragma once

#include <cstdint>
#include <vector>

#include "common/plan/frames.h"

namespace weft {

struct SeamCheckOrder {
  std::uint32_t checks = 0;  // How many, at most.
  std::uint32_t chunk_frames = 1;
  // Chunks exchange nothing: a check holds all that the frames beside the border depend on. Else it
  // is these two frames, and reads what is around them of the same chunks that others read.
  bool apart = false;
  std::uint32_t window = 0;                 // Smoothing reads so many frames on each side,
  std::uint32_t passes = 0;                 // and so often, at most.
  std::vector<std::uint32_t> scene_starts;  // Ascending; the first is 0.
  std::uint32_t frame_count = 0;
};

struct SeamCheck {
  std::uint32_t border = 0;  // The first frame behind it.
  FrameRange core;           // That is made again; border - 1 and border are in it.
};

// Evenly chosen among the borders that are no scene cuts; ascending. They are chunks of the job
// with the numbers that follow the others'.
std::vector<SeamCheck> SeamChecks(const SeamCheckOrder& order);

// Which of the core's frames the others smooth with: those of other chunks, as LentFrames() says,
// and checks. Ascending.
std::vector<std::uint32_t> LentToAll(FrameRange core,
                                     const std::vector<SeamCheck>& checks,
                                     const SeamCheckOrder& order);

// The core's frames that lie beside a border that is checked; ascending.
std::vector<std::uint32_t> FramesChecked(FrameRange core, const std::vector<SeamCheck>& checks);

}  // namespace weft
