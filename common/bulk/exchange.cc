#include "common/bulk/exchange.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include "common/wire/error_wire.h"

namespace weft {
namespace {

// How soon a connection that takes no message is asked again.
constexpr Duration kPause = std::chrono::milliseconds(5);

}  // namespace

Status Exchange::Say(v1::BulkMessage message) {
  message.set_transfer(number_);
  const std::string bytes = message.SerializeAsString();
  const Time deadline = clock_.Now() + silence_max_;
  for (;;) {
    Status sent = connection_.Send(bytes);
    if (sent || sent.error().code() != ErrorCode::kUnavailable || clock_.Now() >= deadline) {
      return sent;
    }
    WEFT_ASSIGN_OR_RETURN(std::optional<v1::BulkMessage> heard, Receive(clock_.Now() + kPause));
    if (heard) {
      heard_.push_back(std::move(*heard));
    }
  }
}

Result<v1::BulkMessage> Exchange::Hear() {
  std::optional<v1::BulkMessage> message;
  if (heard_.empty()) {
    WEFT_ASSIGN_OR_RETURN(message, Receive(clock_.Now() + silence_max_));
  } else {
    message = std::move(heard_.front());
    heard_.pop_front();
  }
  if (!message) {
    return Failure(ErrorCode::kUnavailable, "the blob store does not answer");
  }
  if (message->has_transfer_failed()) {
    return Failure(FromWire(message->transfer_failed().error()));
  }
  return std::move(*message);
}

void Exchange::Abandon(const Error& reason) {
  v1::BulkMessage message;
  message.set_transfer(number_);
  *message.mutable_transfer_failed()->mutable_error() = ToWire(reason);
  // If it is lost, the store notices the silence.
  static_cast<void>(connection_.Send(message.SerializeAsString()));
}

Result<std::optional<v1::BulkMessage>> Exchange::Receive(Time deadline) {
  for (;;) {
    const Duration left = std::max(deadline - clock_.Now(), Duration::zero());
    WEFT_ASSIGN_OR_RETURN(const std::optional<std::string> bytes, connection_.Receive(left));
    v1::BulkMessage message;
    if (bytes && message.ParseFromString(*bytes) && message.transfer() == number_) {
      return message;
    }
    if (clock_.Now() >= deadline) {
      return std::nullopt;
    }
  }
}

}  // namespace weft
