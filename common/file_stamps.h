// Size and time of change of the files that a job reads: enough to notice that one was replaced.

#pragma once

#include <map>
#include <string>

#include "common/result.h"

namespace weft {

// "3 bytes, changed at 1764013652.000000000", by the file's name as seen from the place.
using FileStamps = std::map<std::string, std::string>;

// place: a file, named "" here, with the folder STEM.config beside it if there is one, and, if it
// is an index of weights (.json), with the files beside it; or a folder. Of folders, the files that
// a model is read from count (.json, .txt, .safetensors), to three folders' depth.
// kInvalidArgument: something cannot be read, or there are too many files; names it.
Result<FileStamps> StampsOf(const std::string& place);

}  // namespace weft
