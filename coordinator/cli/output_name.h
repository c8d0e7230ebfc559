// What an output's path may have in braces: out/{name}-{number}.mp4.

#pragma once

#include <cstdint>
#include <string>

#include "common/result.h"

namespace weft::cli {

struct OutputWords {
  std::string name;          // Of the job: by default its clip's file name without extension.
  std::uint32_t number = 1;  // Of the clip in its file, from 1.
};

// kInvalidArgument: another word of letters stands in braces; reads after the field's name.
// text: as it was written, for the folders above it may have any names.
Status CheckOutputWords(const std::string& text);

// The text with what its words stand for.
std::string FilledOutput(const std::string& text, const OutputWords& words);

}  // namespace weft::cli
