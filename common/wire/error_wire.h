// Errors between programs: weft::Error and weft.v1.Error.

#pragma once

#include "common/error.h"
#include "weft/v1/task.pb.h"

namespace weft {

v1::Error ToWire(const Error& error);

// A code this build does not know, which only a newer peer can send, becomes kInternal.
Error FromWire(const v1::Error& error);

}  // namespace weft
