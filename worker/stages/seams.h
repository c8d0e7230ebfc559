// The seam report of a finished video.

#pragma once

#include "common/result.h"
#include "weft/v1/task.pb.h"
#include "worker/stages/stage.h"

namespace weft::worker {

// Measures the job's output, which is in place, and writes OUTPUT.seams.json and OUTPUT.seams.png
// beside it. As much is measured whatever the video's length and size: see worker/eval/seams.h; of
// large frames, copies of 960 pixels' width. Frames too small for motion are told as unmeasured.
// kCancelled: it was abandoned.  kPermissionDenied, kNoSpace: a file cannot be written.
Result<v1::SeamFigures> ReportSeams(const v1::Task& task, StageContext& context);

// Removes the report beside the job's output, if there is one: it is of a video that was replaced.
// Where it cannot be removed, `context` is warned.
void RemoveSeamReport(const v1::Task& task, StageContext& context);

}  // namespace weft::worker
