// A file that appears only whole.

#pragma once

#include <string>
#include <string_view>

#include "common/result.h"

namespace weft {

// Writes `bytes` beside `path` and renames; what stood there before is replaced.
// kPermissionDenied, kNoSpace: it cannot be written; nothing is left behind.
Status WriteWholeFile(const std::string& path, std::string_view bytes);

// What is written already, as `partial` in the same file system, takes the place of `path`.
// Errors likewise; `partial` stays then.
Status PutInPlace(const std::string& partial, const std::string& path);

}  // namespace weft
