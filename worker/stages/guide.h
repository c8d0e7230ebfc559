// The clean source of a stylized clip: whether the two belong together, and which frame of the one
// belongs to which of the other.

#pragma once

#include <cstdint>
#include <vector>

#include "common/plan/frames.h"
#include "common/result.h"
#include "weft/v1/job.pb.h"
#include "worker/media/frame_source.h"

namespace weft::worker {

// Facts of both clips of a deflicker job with a guide.
struct GuidedClips {
  const v1::JobSpec& job;  // Names them, and says whether the guide is to be aligned.
  const media::ClipFacts& guide;
  const media::ClipFacts& style;
};

// Whether the guide can stand beside the style's `frames`.
//
// Aligned, it must show something at their times, in about their shape. Otherwise the clips must
// have as many frames of one size, shown at the same times. kInvalidArgument: they do not; names
// both files and what each of them has.
Status CheckGuide(const GuidedClips& clips, FrameRange frames);

// The guide's frame for each of the style's `frames`, ascending: the one shown at that time where
// the guide is aligned, else the one of the same number. REQUIRES: CheckGuide() holds.
std::vector<std::uint32_t> GuideFrames(const GuidedClips& clips, FrameRange frames);

// The guide's frames that lie between those of the first and the last of `guide_frames`, both
// included: whose changes its shots are found by.
FrameRange GuideRange(const std::vector<std::uint32_t>& guide_frames);

// The first frames of the shots that the guide shows, counted along `guide_frames` (ascending, at
// least one): ascending, the first is 0. cuts: media::FindSceneStarts() of GuideRange().
std::vector<std::uint32_t> GuideSceneStarts(const std::vector<std::uint32_t>& cuts,
                                            const std::vector<std::uint32_t>& guide_frames);

}  // namespace weft::worker
