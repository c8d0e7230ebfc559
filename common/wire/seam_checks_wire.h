// A job's seam checks, as common/plan/seam_checks.h chooses them.

#pragma once

#include <cstdint>
#include <vector>

#include "common/plan/seam_checks.h"
#include "weft/v1/task.pb.h"

namespace weft {

SeamCheckOrder SeamCheckOrderOf(const v1::JobSpec& spec, const v1::Clip& clip);

// The chunk that the job's check of this number is, from 0.
std::uint32_t ChunkOfCheck(std::uint32_t number, const v1::JobSpec& spec, const v1::Clip& clip);

// Whether the task's chunk is a seam check.
bool IsSeamCheck(const v1::Task& task);

// The frames of the task's chunk that others smooth with; none where chunks exchange nothing.
std::vector<std::uint32_t> LentBy(const v1::Task& task);

// Of a finish task: its frames beside borders that are checked, whose pictures it brings.
std::vector<std::uint32_t> FramesChecked(const v1::Task& task);

}  // namespace weft
