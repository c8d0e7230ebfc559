// What a blob may be called; see common/blob_store.h.

#pragma once

#include <string_view>

#include "common/result.h"

namespace weft {

// kInvalidArgument: not 1 to 512 bytes of letters, digits and ". _ - /".
Status CheckBlobKey(std::string_view key);

}  // namespace weft
