// Results that the coordinator keeps: of which jobs, for how long, and how much of them.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/result.h"
#include "coordinator/core/floor.h"
#include "weft/v1/view.pb.h"

namespace weft::coordinator {

// The job is done, and what it has written is kept now.
bool HasResult(const Job& job, const Floor& floor);

// Where that can be read, or until when it could. Nothing: the job keeps none, or is not done.
std::optional<v1::KeptResult> ResultOf(const Job& job, const Floor& floor);

// Jobs whose results were kept at that time, and are not any more.
std::vector<const Job*> ResultsPastSince(std::uint64_t unix_ms, const Floor& floor);

// kResourceExhausted: the job's result is to be kept, and those of the user that are have as many
// bytes already as a user may have; says when the first of them goes.
Status CheckResultRoom(const v1::JobSpec& spec, const std::string& user, const Floor& floor);

}  // namespace weft::coordinator
