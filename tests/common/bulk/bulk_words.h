// Messages to a blob server, and what it answers, in words.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "common/bulk/window.h"
#include "common/checksum.h"
#include "common/transport.h"
#include "common/wire/error_wire.h"
#include "weft/v1/bulk.pb.h"

namespace weft {

inline constexpr Window kSmall{.piece_bytes = 10, .credit_bytes = 40, .blob_bytes_max = 1000};

inline v1::BulkMessage Put(const std::string& key, const std::string& bytes) {
  v1::BulkMessage message;
  message.mutable_put_begin()->set_key(key);
  message.mutable_put_begin()->set_size_bytes(bytes.size());
  message.mutable_put_begin()->set_checksum(Xxh3(bytes));
  return message;
}

inline v1::BulkMessage Get(const std::string& key, std::uint64_t credit) {
  v1::BulkMessage message;
  message.mutable_get_begin()->set_key(key);
  message.mutable_get_begin()->set_credit_bytes(credit);
  return message;
}

inline v1::BulkMessage Piece(std::uint64_t offset, const std::string& bytes) {
  v1::BulkMessage message;
  message.mutable_piece()->set_offset(offset);
  message.mutable_piece()->set_data(bytes);
  return message;
}

inline v1::BulkMessage Credit(std::uint64_t bytes) {
  v1::BulkMessage message;
  message.mutable_credit()->set_bytes(bytes);
  return message;
}

inline v1::BulkMessage Cancelled() {
  v1::BulkMessage message;
  message.mutable_transfer_failed()->mutable_error()->set_code(11);
  return message;
}

// "credit 40", "stored", "header 12", "piece 0+10", "failed: invalid argument" …
inline std::string Word(const v1::BulkMessage& message) {
  switch (message.body_case()) {
    case v1::BulkMessage::kCredit:
      return "credit " + std::to_string(message.credit().bytes());
    case v1::BulkMessage::kStored:
      return "stored";
    case v1::BulkMessage::kGetHeader:
      return "header " + std::to_string(message.get_header().size_bytes());
    case v1::BulkMessage::kPiece:
      return "piece " + std::to_string(message.piece().offset()) + "+" +
             std::to_string(message.piece().data().size());
    case v1::BulkMessage::kTransferFailed:
      return "failed: " + std::string(Name(FromWire(message.transfer_failed().error()).code()));
    default:
      return "message " + std::to_string(message.body_case());
  }
}

// What the server has said since, each with its transfer's number.
inline std::vector<std::string> Heard(Connection& peer) {
  std::vector<std::string> words;
  while (const auto bytes = peer.Receive(Duration::zero()).value()) {
    v1::BulkMessage message;
    EXPECT_TRUE(message.ParseFromString(*bytes));
    words.push_back(std::to_string(message.transfer()) + ": " + Word(message));
  }
  return words;
}

}  // namespace weft
