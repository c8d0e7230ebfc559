// How good a field is, the same for every matcher.

#pragma once

#include <opencv2/core.hpp>

#include "tests/benchmarks/match_field.h"
#include "worker/frame/frame.h"

namespace weft::bench {

// Squared difference of matched patches, for a value of a channel: SSD / (patch_size^2 * 3), mean
// over all pixels. Pictures repeat their edge pixels. REQUIRES: one size; patch_size is odd.
double PatchMse(const Frame& target, const Frame& source, const MatchField& field, int patch_size);

// Pixels between where the field says and where the flow says, mean over the pixels whose flow is
// known (tests/benchmarks/flow_file.h). REQUIRES: one size, and that there is such a pixel.
double EndpointError(const MatchField& field, const cv::Mat2f& flow);

// Part of the source's pixels that no pixel is matched with, 0 to 1.
// REQUIRES: the source is as large as the field.
double Unused(const MatchField& field);

}  // namespace weft::bench
