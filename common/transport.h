// Messages between a coordinator and its peers: whole, in order per peer, possibly lost when a
// connection breaks. What must arrive is acknowledged by the conversation above, never here.

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/result.h"
#include "common/time.h"

namespace weft {

// One connection of one peer, as the listening side sees it. Never an identity: a peer that
// reconnects has another one.
struct PeerId {
  std::string value;

  friend bool operator==(const PeerId& a, const PeerId& b) { return a.value == b.value; }
  friend bool operator!=(const PeerId& a, const PeerId& b) { return a.value != b.value; }
  friend bool operator<(const PeerId& a, const PeerId& b) { return a.value < b.value; }
};

struct Received {
  PeerId from;
  std::string bytes;
};

// The side that many peers connect to. Used by one thread.
class Listener {
 public:
  Listener() = default;
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  virtual ~Listener() = default;

  // Never blocks.
  // kUnavailable: the peer is gone, or does not take what it is sent; the message is dropped.
  virtual Status Send(const PeerId& to, std::string_view bytes) = 0;

  // The next message; nothing when `timeout` passes without one (zero: do not wait).
  virtual Result<std::optional<Received>> Receive(Duration timeout) = 0;
};

// The side that connects. Used by one thread.
class Connection {
 public:
  Connection() = default;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  virtual ~Connection() = default;

  // Never blocks. kUnavailable: nobody takes it now; the message is dropped.
  virtual Status Send(std::string_view bytes) = 0;

  // The next message; nothing when `timeout` passes without one (zero: do not wait).
  virtual Result<std::optional<std::string>> Receive(Duration timeout) = 0;
};

}  // namespace weft
