// Pictures as files of the formats that OpenCV knows.

#pragma once

#include <string>

#include "common/result.h"
#include "worker/frame/frame.h"

namespace weft::bench {

// kInvalidArgument: no such file, or no picture.
Result<Frame> ReadPicture(const std::string& path);

// The name's ending says in which format. kPermissionDenied: cannot be written.
Status WritePicture(const Frame& frame, const std::string& path);

}  // namespace weft::bench
