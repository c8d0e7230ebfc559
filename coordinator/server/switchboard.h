// Questions to the farm from other threads of this program: they are asked and answered as a
// client's are, without a socket.

#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "common/guest.h"
#include "common/transport.h"
#include "weft/v1/envelope.pb.h"

namespace weft::coordinator {

class Switchboard {
 public:
  using Answered = std::function<void(const v1::FromCoordinator& answer)>;

  // wake: makes the server look at Take() soon; called from any thread.
  explicit Switchboard(std::function<void()> wake) : wake_(std::move(wake)) {}

  // Any thread. answered: called once, on the server's thread, with the first answer; never where
  // the server ends before.
  void Ask(Guest guest, v1::ToCoordinator question, Answered answered);

  // ---- The server's side, one thread.

  struct Call {
    PeerId from;
    Guest guest;  // Who asks.
    v1::ToCoordinator question;
  };
  // What was asked since the last call.
  std::vector<Call> Take();

  // Whether `to` is one who asked here, and not a peer beyond a socket.
  static bool IsHere(const PeerId& to);
  void Deliver(const PeerId& to, const v1::FromCoordinator& answer);

 private:
  const std::function<void()> wake_;
  std::mutex mutex_;  // Guards what follows.
  std::vector<Call> calls_;
  std::map<PeerId, Answered> waiting_;
  std::uint64_t asked_ = 0;
};

}  // namespace weft::coordinator
