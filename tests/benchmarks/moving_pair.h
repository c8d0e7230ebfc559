// Two pictures of one photograph whose true motion is known.

#pragma once

#include <opencv2/core.hpp>

#include "common/result.h"
#include "tests/benchmarks/picture_size.h"
#include "worker/frame/frame.h"

namespace weft::bench {

enum class PairMotion {
  kVideo,  // As between frames of a video that are a few apart: about 1 % of the shorter side.
  kLarge,  // As between frames far apart: about 6 % of it.
};

struct MovingPair {
  Frame target;    // Of the size that was asked for, as is the source.
  Frame source;    // The target moved.
  cv::Mat2f flow;  // From target to source: tests/benchmarks/flow_file.h.
};

// The middle of the photograph pans, zooms, turns and wobbles. In front of it a disc, which shows
// the photograph upside down, moves in a way of its own, so that something is hidden and something
// comes to light. Flow is unknown for what the source does not show, and on the disc's edge.
//
// kInvalidArgument: a side is below 16 pixels, or the photograph is not a quarter larger each way,
// which leaves room for the motion.
Result<MovingPair> MakeMovingPair(const Frame& photo, PictureSize size, PairMotion motion);

}  // namespace weft::bench
