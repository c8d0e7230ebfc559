// Whether a job's specification can be served at all, and whether two specifications are the same.

#pragma once

#include <optional>
#include <string>

#include "common/result.h"
#include "weft/v1/job.pb.h"

namespace weft::coordinator {

// What can be told from the specification alone; the probe tells the rest.
// kInvalidArgument: the message names the field and its range, such as "steps is 0: 1 to 1000".
Status CheckSpec(const v1::JobSpec& spec);

// The first field in which the two differ, with both values, such as "steps: 20 -> 30"; nothing
// when they are equal.
std::optional<std::string> FirstDifference(const v1::JobSpec& before, const v1::JobSpec& after);

}  // namespace weft::coordinator
