// Whether the files and folders of a job can be used: what can be told at once, before anything is
// made or started.

#pragma once

#include <string>

#include "common/result.h"
#include "weft/v1/job.pb.h"

namespace weft::cli {

// The clip is a file that can be read, the model a diffusers folder or a .safetensors file; what
// the job adds to it (VAE, tokenizer, LoRAs, embeddings, ControlNets, control maps) is there.
// kInvalidArgument, kNotFound: says which is not, and why.
Status CheckSources(const v1::JobSpec& spec);

// The output's folder is there and can be written, and the output is not the input.
// kPermissionDenied: it cannot be written, for whatever reason.  kInvalidArgument: it is the input.
Status CheckTarget(const v1::JobSpec& spec);

}  // namespace weft::cli
