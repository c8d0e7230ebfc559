// The frames of a clip as the ffmpeg program decodes them, which has to be installed.
//
// Not as Weft does: where a clip does not say where its chroma lies, ffmpeg takes it to lie in the
// middle between two pixels, Weft over the left one, as most video has it. Clips that ffmpeg made
// from RGB have it in the middle; scores of them are only right, and only comparable with those of
// others, when all frames are decoded so.

#pragma once

#include <string>
#include <vector>

#include "common/result.h"
#include "worker/frame/frame.h"

namespace weft::bench {

// All frames, of one size, at least one.
// kInvalidArgument: ffmpeg is not there, or cannot read the clip; what it says goes to stderr.
Result<std::vector<Frame>> ReadClipFrames(const std::string& path);

}  // namespace weft::bench
