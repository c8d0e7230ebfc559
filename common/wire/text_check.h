// Whether a message that was made in this process can be read once it is bytes.

#pragma once

#include <string>

#include <google/protobuf/message.h>

#include "common/result.h"

namespace weft {

// kInvalidArgument: a string in it is not UTF-8; names its field, such as "spec.input_path".
Status CheckTextsAreUtf8(const google::protobuf::Message& message);

}  // namespace weft
