// What happens to the farm.

#pragma once

#include <optional>
#include <string>
#include <variant>

#include "common/transport.h"
#include "weft/v1/envelope.pb.h"

namespace weft::coordinator {

// A worker or a client said something.
struct MessageArrived {
  PeerId from;
  v1::ToCoordinator message;
  // Of a TaskCompleted: what the blob store says against the outputs that it names; nothing when
  // they are there as they should be.
  std::optional<std::string> lie = std::nullopt;
};

// What was sent to this peer cannot reach it.
struct PeerGone {
  PeerId peer;
};

// Time passed, and everything that was said until a while ago has been heard: whoever should have
// spoken by then has not.
struct Tick {};

using Event = std::variant<MessageArrived, PeerGone, Tick>;

}  // namespace weft::coordinator
