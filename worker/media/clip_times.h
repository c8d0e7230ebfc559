// When the frames of a clip are shown, made whole from what the container says.

#pragma once

#include <cstdint>
#include <vector>

#include "worker/media/ffmpeg.h"

namespace weft::media {

struct ClipTimes {
  double start_seconds = 0;     // Of the first frame, on the container's clock.
  std::vector<double> seconds;  // Of every frame, from the first one's; strictly ascending.
  double duration_seconds = 0;  // From the first frame's start to the last one's end.
  AVRational rate{25, 1};       // Average frames per second.
  bool variable_rate = false;
};

// What a container says about its frames.
struct StampedFrames {
  std::vector<std::int64_t> pts;   // In presentation order; AV_NOPTS_VALUE where it is missing.
  std::int64_t last_duration = 0;  // Of the last frame; 0 when unknown.
  AVRational time_base{1, 1};      // Seconds per unit of the above.
  std::vector<AVRational> rates;   // What the header claims, best first; invalid ones are ignored.
};

// A missing or repeated time stamp becomes one frame period after the one before. The rate counts
// as constant when the frames lie on the grid of a claimed rate, up to the rounding of time stamps.
// REQUIRES: at least one frame.
ClipTimes TimesOf(const StampedFrames& frames);

}  // namespace weft::media
