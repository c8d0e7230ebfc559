// What fields of a job call a model, a part of one or a ControlNet that was handed in with it, a
// folder or a file: weft://model/SHA256/NAME. The job lists its files.

#pragma once

#include <optional>
#include <string>

namespace weft {

struct ModelPlace {
  std::string sha256;  // Of what it consists of: 64 hexadecimal digits in lower case.
  std::string name;    // Of the folder or the file, without those that it lay in.

  // weft://model/SHA256/NAME
  [[nodiscard]] std::string Url() const;
};

// Nothing: the text means no such place.
std::optional<ModelPlace> ParseModelUrl(const std::string& text);

// Whether a file may be called so in a place: parts between slashes that are names, none of which
// leads upwards or is hidden.
bool IsNameInPlace(const std::string& name);

}  // namespace weft
