// A listener that knows where it can be reached. Destroyed, it frees its address a moment later.

#pragma once

#include <string>
#include <vector>

#include "common/guest.h"
#include "common/transport.h"

namespace weft {

class BoundListener : public Listener {
 public:
  // What peers connect to: the address that was asked for, its wildcards resolved.
  // NOLINTNEXTLINE(readability-identifier-naming): a plain fact, as Error::code().
  [[nodiscard]] virtual const std::string& address() const = 0;

  // Sends several messages to one peer, in order and at once: on the way they cost little more than
  // one. None of them is sent, or all are; as Send() otherwise.
  virtual Status SendAll(const PeerId& to, const std::vector<std::string>& messages) = 0;

  // Who has sent the message that was received last, as far as keys tell: everybody may do
  // everything where none are asked for.
  [[nodiscard]] virtual Guest Sender() const = 0;

  // The Receive() that waits, or else the next that would, returns nothing at once. Any thread.
  virtual void Interrupt() = 0;
};

}  // namespace weft
