// What segments of a job's output are like.

#pragma once

#include "weft/v1/job.pb.h"
#include "worker/media/frame_sink.h"

namespace weft::worker {

inline media::SegmentFormat FormatOf(media::Codec codec,
                                     const v1::JobSpec& job,
                                     const v1::Clip& clip) {
  return {.codec = codec,
          .width = static_cast<int>(clip.size().width()),
          .height = static_cast<int>(clip.size().height()),
          .rate_numerator = clip.frame_rate().numerator(),
          .rate_denominator = clip.frame_rate().denominator(),
          .deep = job.high_bit_depth()};
}

}  // namespace weft::worker
