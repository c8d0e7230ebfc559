// A folder that a program keeps things in.

#pragma once

#include <string>

#include "common/result.h"

namespace weft {

// Makes the folder, and those above it, unless it is there.
// kNoSpace: the disk is full.  kPermissionDenied: it cannot be made, or not be written.
Status MakeWritableFolder(const std::string& folder);

}  // namespace weft
