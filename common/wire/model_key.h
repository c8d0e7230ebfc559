// What a worker has to load for a job. Jobs of one key can be served by one loaded model, so the
// coordinator gives a task rather to a worker that says it has the job's key.

#pragma once

#include <string>

#include "weft/v1/job.pb.h"

namespace weft {

// Everything in the specification that decides what is loaded: the model and its parts, what is
// merged into them, and the data type; not the device, prompts, or how the model is used. Equal for
// two jobs if and only if these are. Empty: the job has no model.
std::string ModelParts(const v1::JobSpec& job);

// The same in 16 letters, for messages: the same on every machine. Empty: the job has no model.
std::string ModelKey(const v1::JobSpec& job);

}  // namespace weft
