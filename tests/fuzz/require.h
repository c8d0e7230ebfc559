// What a fuzzer demands of what it looks at.

#pragma once

#include <cstdlib>

namespace weft::fuzz {

// Ends the run as a finding; unlike assert, in any build.
inline void Require(bool holds) {
  if (!holds) {
    std::abort();
  }
}

}  // namespace weft::fuzz
