// Runs the cases whose frames attend to one another: one evaluation, or a short video.

#pragma once

#include <string>
#include <vector>

#include "common/result.h"
#include "tests/golden/golden_case.h"
#include "tests/golden/model_shelf.h"
#include "worker/models/attention.h"

namespace weft::golden {

// How the samples of a batch [side 0 frames 0 .. f - 1, side 1 …] read one another. Every sample
// leaves its keys and values in the memory under its frame's number.
// mode: first (frame 0 only) or first_prev (frame 0, then the frame before).
// kUnsupported: another mode.  kInvalidArgument: more sides than FrameMemory has.
Result<std::vector<models::SampleLinks>> LinkFrames(const std::string& mode, int frames, int sides);

// Outputs of a case of kind crossframe. Throws what ATen and the case's tensors throw.
Result<Outputs> RunCrossframeCase(const GoldenCase& golden, ModelFolder& model);

// Outputs of a case of kind video_e2e.
Result<Outputs> RunVideoCase(const GoldenCase& golden, ModelFolder& model);

}  // namespace weft::golden
