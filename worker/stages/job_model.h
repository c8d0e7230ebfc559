// The model that a job names, with all that the job adds to it. Needs no LibTorch.

#pragma once

#include "common/file_stamps.h"
#include "common/result.h"
#include "weft/v1/job.pb.h"
#include "worker/models/diffusion_model.h"

namespace weft::worker {

// The job's model as worker/models takes it; device is left as it is.
// kUnsupported: a data type that is not known here.  kInvalidArgument: a control names no
// ControlNet of its own, and the model is a single file, which brings none along.
Result<models::ModelOptions> ModelOptionsOf(const v1::JobSpec& job);

// Reads what says whether the parts are there and of a kind that Weft runs: configurations, the
// tokenizer, the headers of LoRAs and embeddings. No weights are read.
// Errors as the readers of worker/models; every message names the file.
Status CheckModel(const models::ModelOptions& options);

// The stamps of every file that a model is loaded from, by path.
// kInvalidArgument: one cannot be read.
Result<FileStamps> ModelStamps(const models::ModelOptions& options);

}  // namespace weft::worker
