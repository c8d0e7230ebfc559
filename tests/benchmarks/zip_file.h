// The members of a ZIP archive, such as NumPy's .npz.
//
// PKWARE's APPNOTE.TXT 6.3: the central directory, members stored or deflated. Encryption, parts on
// several disks and sizes beyond 32 bits are refused.

#pragma once

#include <map>
#include <string>

#include "common/result.h"

namespace weft::bench {

// Bytes by name, unpacked; their checksums are right. `archive` is the whole file.
// kDataLoss: not such an archive, or damaged.  kUnsupported: of a kind named above.
Result<std::map<std::string, std::string>> UnpackZip(const std::string& archive);

}  // namespace weft::bench
