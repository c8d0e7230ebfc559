// Whether the places that a job names can be ones.

#pragma once

#include <string>

#include "common/result.h"

namespace weft::coordinator {

// field: for messages.  kInvalidArgument: it is no absolute path, or longer than 4096 bytes.
Status CheckPath(const char* field, const std::string& path);

// The same for a clip or an output, which may also be s3://BUCKET/KEY.
Status CheckPlace(const char* field, const std::string& place);

}  // namespace weft::coordinator
