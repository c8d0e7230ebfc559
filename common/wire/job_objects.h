// Which files of a job are objects in an S3-compatible store.

#pragma once

#include "weft/v1/job.pb.h"

namespace weft {

// Whether one of its clips, or its output, is one.
bool UsesObjects(const v1::JobSpec& job);

// Of the probe of such a job: weft.v1.ObjectVersions.
inline constexpr char kObjectsOutput[] = "objects";

}  // namespace weft
