// Which fields of a specification a kind of job, or a mode of smoothing, has.

#pragma once

#include "common/result.h"
#include "weft/v1/job.pb.h"

namespace weft::coordinator {

// True for a job that smooths a video which was stylized already; see v1::JobKind.
bool IsDeflicker(const v1::JobSpec& spec);

// kInvalidArgument: a kind that is not known here, or a field that jobs of this kind do not have is
// set; the message names it.
Status CheckFieldsOfKind(const v1::JobSpec& spec);

// Whether the mode makes a clip from key frames, instead of smoothing one.
bool TakesKeyFrames(v1::SmoothingMode mode);

// Whether smoothing in this mode reads patch_size: the robust one has patches of its own.
bool ReadsPatchSize(v1::SmoothingMode mode);

// Whether it reads guide_weight: the fast and the robust one match by the guides alone.
bool ReadsGuideWeight(v1::SmoothingMode mode);

}  // namespace weft::coordinator
