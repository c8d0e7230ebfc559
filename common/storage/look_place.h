// Where the anchors are that a job has saved with a result that the coordinator keeps: for other
// jobs weft://look/JOB, in the result the file OUTPUT.look.

#pragma once

#include <optional>
#include <string>

namespace weft {

struct LookPlace {
  std::string job;  // The id of the one that has saved them.

  // weft://look/JOB
  [[nodiscard]] std::string Url() const;
};

// Nothing: the text means no such place.
std::optional<LookPlace> ParseLookUrl(const std::string& text);

// Of a job whose output is this one.
std::string LookBeside(const std::string& output);

}  // namespace weft
