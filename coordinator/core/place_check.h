// Whether the places that a job names can be ones.

#pragma once

#include <string>

#include "common/result.h"
#include "weft/v1/job.pb.h"

namespace weft::coordinator {

// field: for messages.  kInvalidArgument: it is no absolute path, or longer than 4096 bytes.
Status CheckPath(const char* field, const std::string& path);

// The same for what may also be s3://BUCKET/KEY.
Status CheckPlace(const char* field, const std::string& place);

// The same for what may also be weft://OWNER/result/NAME: an output.
Status CheckOutput(const char* field, const std::string& place);

// The same for what may also be a file that was handed in, weft://OWNER/SHA256/SIZE/NAME: parts of
// a model.
Status CheckPart(const char* field, const std::string& place);

// The same for what another job may save with its result, weft://look/JOB: anchors.
Status CheckLook(const char* field, const std::string& place);

// Where the job saves anchors: an absolute path, or beside its output where that is kept here.
// kInvalidArgument: neither.
Status CheckSavedLook(const v1::JobSpec& spec);

// The same for clips: what may be handed in, or an object.
Status CheckSource(const char* field, const std::string& place);

// kPermissionDenied: the job reads a file that somebody else than `user` has handed in, or has its
// result kept for somebody else.
Status CheckOwner(const v1::JobSpec& spec, const std::string& user);

}  // namespace weft::coordinator
