// One transfer as the asking side sees it: says messages of the transfer and hears those that
// answer it, however long the store keeps silent.

#pragma once

#include <cstdint>
#include <deque>
#include <optional>

#include "common/clock.h"
#include "common/result.h"
#include "common/time.h"
#include "common/transport.h"
#include "weft/v1/bulk.pb.h"

namespace weft {

class Exchange {
 public:
  // connection: outlives the exchange. number: never used on it before.
  Exchange(Connection& connection, std::uint64_t number, Duration silence_max)
      : connection_(connection), number_(number), silence_max_(silence_max) {}

  // Sends `message`, waiting while the connection takes none.
  // kUnavailable: it took none for `silence_max`.
  Status Say(v1::BulkMessage message);

  // The next message of this transfer; others are dropped.
  // kUnavailable: none came for `silence_max`. Any code: the store failed the transfer with it.
  Result<v1::BulkMessage> Hear();

  // Tells the store, if it can be reached, that the transfer is not wanted any more.
  void Abandon(const Error& reason);

 private:
  // The next message of this transfer that comes until `deadline`.
  Result<std::optional<v1::BulkMessage>> Receive(Time deadline);

  Connection& connection_;
  std::uint64_t number_;
  Duration silence_max_;
  SteadyClock clock_;
  std::deque<v1::BulkMessage> heard_;  // While Say() waited.
};

}  // namespace weft
