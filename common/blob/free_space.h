// How full a disk is, asked before writing: RocksDB does not survive a full one.

#pragma once

#include <cstdint>
#include <string>

#include "common/result.h"

namespace weft {

// Ok when the filesystem of `folder` has at least `needed_bytes` left for this user.
// kNoSpace: it has less.  kNotFound, kPermissionDenied: it cannot be asked.
Status RequireFreeSpace(const std::string& folder, std::uint64_t needed_bytes);

}  // namespace weft
