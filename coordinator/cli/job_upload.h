// Jobs whose files are this machine's own.

#pragma once

#include <string>
#include <vector>

#include "common/result.h"
#include "coordinator/cli/fleet_client.h"
#include "coordinator/cli/uploader.h"
#include "weft/v1/client.pb.h"

namespace weft::cli {

// Whether the files that the job reads are files here, models apart. Objects are not looked for,
// nor `saved`: files that jobs handed in together keep anchors in.
// kInvalidArgument: one is not; says which.
Status CheckOwnFiles(const v1::JobSpec& spec, const std::vector<std::string>& saved);

// Has the coordinator keep what the jobs write, for their users, under the names that the files
// would have had, and the anchors that they save beside it, for those further down that attend to
// them. Objects are written as ever, and what is saved beside them.
// kInvalidArgument: a file's or a user's name is too long; says which.
Status KeepOutputs(std::vector<v1::SubmitJob>& jobs);

// Hands in the files of all jobs, and names them in their specifications as they are called then.
// Jobs that are done need theirs no more.
// known: some of them may have been handed in before, under the same token.
// models: also models, their parts and ControlNets; else those are the workers'.
// Errors: those of Uploader::HandIn() and of FleetClient::Ask().
Status UploadFiles(std::vector<v1::SubmitJob>& jobs,
                   bool known,
                   bool models,
                   FleetClient& client,
                   Uploader& uploader);

// Of all jobs: where they keep anchors.
std::vector<std::string> SavedLooks(const std::vector<v1::SubmitJob>& jobs);

}  // namespace weft::cli
