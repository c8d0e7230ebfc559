// The size of a picture as it stands on the command line.

#pragma once

#include <string>

#include "common/result.h"

namespace weft::bench {

struct PictureSize {
  int width = 0;  // Pixels, more than 0.
  int height = 0;
};

// "960x540", or "512" for 512x512. kInvalidArgument: something else.
Result<PictureSize> ReadSize(const std::string& text);

// "960x540".
std::string NameOf(PictureSize size);

}  // namespace weft::bench
