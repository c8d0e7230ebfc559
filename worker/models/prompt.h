// Reads the weights that a prompt's brackets give to its words, as AUTOMATIC1111's web UI does
// (its wiki, "Features", section "Attention/emphasis").
//
//   (word)      1.1 times; ((word)) 1.1 times 1.1, and so on
//   (word:1.3)  1.3 times; a number with sign and point, white space around it
//   [word]      1 / 1.1 times
//   \( \) \[ \] \\  the sign itself
//   BREAK       in capitals and as a word of its own: what follows begins a new chunk
//
// A bracket that closes nothing is an ordinary sign. One that is never closed counts up to the end
// of the prompt. A backslash before anything else is an ordinary sign (there the web UI drops it).

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"

namespace weft::models {

constexpr double kPromptWeightMax = 100.0;

struct PromptRun {
  std::string text;
  double weight = 1.0;
  bool breaks = false;  // A BREAK: no text.

  bool operator==(const PromptRun& other) const {
    return text == other.text && weight == other.weight && breaks == other.breaks;
  }
};

// The prompt's texts in order, neighbours of one weight together; none for an empty prompt.
// A prompt without any of the above is one run, of weight 1 and unchanged.
// kInvalidArgument: a weight beyond +- kPromptWeightMax, which no picture survives.
Result<std::vector<PromptRun>> ParsePrompt(std::string_view prompt);

}  // namespace weft::models
