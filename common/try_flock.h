// A lock (flock) on an open file, which other processes respect and a killed one loses.

#pragma once

#include <string>

#include "common/result.h"

namespace weft {

// Takes it without waiting, until the file is closed. False: somebody holds it in a way that does
// not go with this one.
//
// operation: LOCK_SH or LOCK_EX, of <sys/file.h>.  path: what the file is called, for the error.
// kFailedPrecondition: it cannot be locked at all; the message says where it could.
Result<bool> TryFlock(int file, int operation, const std::string& path);

}  // namespace weft
