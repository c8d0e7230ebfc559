// A record's value as bytes.

#pragma once

#include <string>
#include <string_view>

#include "common/result.h"
#include "coordinator/core/record.h"

namespace weft::coordinator {

std::string ToBytes(const v1::LedgerRecord& value);

// key: for the message.
// kUnsupported: of a version that this build does not know.  kDataLoss: not a record.
Result<v1::LedgerRecord> FromBytes(std::string_view key, std::string_view bytes);

}  // namespace weft::coordinator
