// A job's groups of pictures, and what chunks bring of them; see common/plan/picture_runs.h.

#pragma once

#include <vector>

#include "common/plan/picture_runs.h"
#include "weft/v1/task.pb.h"

namespace weft {

// None where the file is made of what chunks bring as it is: lossless files, and those whose groups
// are chunks.
std::vector<FrameRange> PictureGroupsOf(const v1::JobSpec& spec, const v1::Clip& clip);

// What the finish task of a chunk brings; none where there are no groups.
std::vector<FrameRange> PictureRunsOf(const v1::Task& task);

}  // namespace weft
