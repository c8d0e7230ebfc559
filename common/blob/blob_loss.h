// What an error that comes in the place of a blob says of the blob.

#pragma once

#include "common/error.h"

namespace weft {

// Whether the blob is not there, is damaged, or cannot be. False: it could not be read for another
// reason, such as too many open files, and may be whole.
inline bool SaysThatItIsLost(const Error& error) {
  return error.code() == ErrorCode::kNotFound || error.code() == ErrorCode::kDataLoss ||
         error.code() == ErrorCode::kInvalidArgument;
}

}  // namespace weft
