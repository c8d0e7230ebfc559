// A frame as a PNG file.

#pragma once

#include <string>

#include "common/result.h"
#include "worker/frame/frame.h"

namespace weft::eval {

// Writes beside `path` and renames: the file appears only whole.
// kInvalidArgument: an empty frame.  kPermissionDenied, kNoSpace: it cannot be written.
Status WritePng(const Frame& frame, const std::string& path);

}  // namespace weft::eval
