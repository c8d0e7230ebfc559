// A listener that knows where it can be reached. Destroyed, it frees its address a moment later.

#pragma once

#include <string>

#include "common/transport.h"

namespace weft {

class BoundListener : public Listener {
 public:
  // What peers connect to: the address that was asked for, its wildcards resolved.
  // NOLINTNEXTLINE(readability-identifier-naming): a plain fact, as Error::code().
  [[nodiscard]] virtual const std::string& address() const = 0;

  // The Receive() that waits, or else the next that would, returns nothing at once. Any thread.
  virtual void Interrupt() = 0;
};

}  // namespace weft
