// A frame as a PNG picture.

#pragma once

#include <string>

#include "common/result.h"
#include "worker/frame/frame.h"

namespace weft {

// The bytes of a PNG file, 8 bits a channel; equal frames give equal bytes.
// kInvalidArgument: an empty frame.
// Source: Portable Network Graphics (PNG) Specification, second edition, W3C 2003.
Result<std::string> EncodePng(const Frame& frame);

}  // namespace weft
