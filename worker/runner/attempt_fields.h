// What a record about an attempt says of it.

#pragma once

#include "common/ids.h"
#include "common/log/log.h"

namespace weft::worker {

LogFields FieldsOf(const AttemptId& attempt);

}  // namespace weft::worker
