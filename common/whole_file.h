// A file that appears only whole.

#pragma once

#include <string>
#include <string_view>

#include "common/result.h"

namespace weft {

// Writes `bytes` beside `path` and renames; what stood there before is replaced. Durable on return.
// Any number may write the same file at once, also from several machines: whoever renames last
// counts. Each writes under a hidden name of its own, ".NAME.weft-" and eight hexadecimal digits.
// What killed ones have left in the folder under such names goes once it is a day old, with the
// next file that is written there.
// kPermissionDenied, kNoSpace: it cannot be written; nothing is left behind, unless only the
// folder's sync failed: then `path` is the new file and a power cut may bring the old one back.
Status WriteWholeFile(const std::string& path, std::string_view bytes);

// What is written already, as `partial` in the same file system, takes the place of `path`.
// Errors likewise; `partial` stays then.
Status PutInPlace(const std::string& partial, const std::string& path);

}  // namespace weft
