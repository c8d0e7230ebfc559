// A listener that knows where it can be reached. Destroyed, it frees its address a moment later.

#pragma once

#include <string>

#include "common/transport.h"

namespace weft {

class BoundListener : public Listener {
 public:
  // What peers connect to: the address that was asked for, its wildcards resolved.
  [[nodiscard]] virtual const std::string& Address() const = 0;
};

}  // namespace weft
