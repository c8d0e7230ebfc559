// Whether the models that a job names can be ones: places that its workers see, or what was handed
// in with it.

#pragma once

#include <string>

#include "common/result.h"
#include "weft/v1/job.pb.h"

namespace weft::coordinator {

// What was handed in: places, and files in them. kInvalidArgument: says what is wrong with which.
Status CheckModels(const v1::JobSpec& spec);

// field: for messages.  kInvalidArgument: neither an absolute path, of 4096 bytes at most, nor
// among what was handed in with the job.
Status CheckModelPath(const char* field, const std::string& path, const v1::JobSpec& spec);

}  // namespace weft::coordinator
