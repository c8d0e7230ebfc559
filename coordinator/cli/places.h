// Whether the files and folders of a job can be used: what can be told at once, before anything is
// made or started.

#pragma once

#include <string>

#include "common/result.h"
#include "weft/v1/job.pb.h"

namespace weft::cli {

// The clip is a file that can be read, the model a diffusers folder or a .safetensors file; what
// the job adds to it (VAE, tokenizer, LoRAs, embeddings, ControlNets, control maps) is there. Of a
// deflicker job: the stylized clip and the guide are files that can be read. Objects are not looked
// for. kInvalidArgument, kNotFound: says which is not, and why.
Status CheckSources(const v1::JobSpec& spec);

// Only the model, and of what the job adds to it VAE, tokenizer and ControlNets. Errors likewise.
Status CheckModels(const v1::JobSpec& spec);

// The folders of the output and of the anchors that the job saves are there and can be written, and
// neither file is one that the job reads, by whatever name. kPermissionDenied: one cannot be
// written, for whatever reason.  kInvalidArgument: it is read.
Status CheckTarget(const v1::JobSpec& spec);

// Of a job that this machine does alone. kInvalidArgument: it has clips or an output in s3://.
Status CheckNoObjects(const v1::JobSpec& spec);

}  // namespace weft::cli
