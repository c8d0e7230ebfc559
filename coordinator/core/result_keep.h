// Results that the coordinator keeps: of which jobs, for how long, and how much of them.

#pragma once

#include <optional>
#include <string>

#include "common/result.h"
#include "coordinator/core/floor.h"
#include "weft/v1/view.pb.h"

namespace weft::coordinator {

// kFailedPrecondition: the job has no result that is kept here, nor had one; says why.
Status CheckIsOfResult(const Job& job);

// The job is done, and what it has written is kept now.
bool HasResult(const Job& job, const Floor& floor);

// Where that can be read, or until when it could. Nothing: the job keeps none, or is not done.
std::optional<v1::KeptResult> ResultOf(const Job& job, const Floor& floor);

// Adds what the job keeps now, if anything, to floor.results. Once in a life.
void CountResult(const Job& job, Floor& floor);

// kResourceExhausted: the job's result is to be kept, and those of the user that are have as many
// bytes already as a user may have; says when the first of them goes.
Status CheckResultRoom(const v1::JobSpec& spec, const std::string& user, const Floor& floor);

}  // namespace weft::coordinator
