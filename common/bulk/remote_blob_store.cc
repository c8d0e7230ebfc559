#include "common/bulk/remote_blob_store.h"

#include <optional>

#include "common/blob/blob_key.h"
#include "common/bulk/incoming_blob.h"
#include "common/bulk/outgoing_blob.h"
#include "common/checksum.h"

namespace weft {
namespace {

// A peer that does not keep to weft.v1 may be a damaged one: the transfer is begun anew.
Error Unexpected(const v1::BulkMessage& message) {
  return {ErrorCode::kUnavailable,
          "unexpected answer " + std::to_string(message.body_case()) + " of the blob store"};
}

Status SendPieces(Exchange& exchange, OutgoingBlob& blob) {
  while (std::optional<v1::Piece> piece = blob.NextPiece()) {
    v1::BulkMessage message;
    *message.mutable_piece() = std::move(*piece);
    WEFT_RETURN_IF_ERROR(exchange.Say(std::move(message)));
  }
  return {};
}

Status PutOnce(Exchange& exchange, v1::BulkMessage begin, OutgoingBlob blob) {
  WEFT_RETURN_IF_ERROR(exchange.Say(std::move(begin)));
  for (;;) {
    WEFT_ASSIGN_OR_RETURN(const v1::BulkMessage answer, exchange.Hear());
    if (answer.has_stored()) {
      return {};
    }
    if (!answer.has_credit()) {
      return Failure(Unexpected(answer));
    }
    blob.AddCredit(answer.credit().bytes());
    WEFT_RETURN_IF_ERROR(SendPieces(exchange, blob));
  }
}

// Whether some key can start with `prefix`. Others may not even be text, and never get through.
bool IsPrefixOfKeys(const std::string& prefix) {
  return prefix.empty() || CheckBlobKey(prefix).has_value();
}

// The header, after any number of messages that say "not yet".
Result<v1::GetHeader> HearHeader(Exchange& exchange) {
  for (;;) {
    WEFT_ASSIGN_OR_RETURN(const v1::BulkMessage answer, exchange.Hear());
    if (answer.has_get_header()) {
      return answer.get_header();
    }
    if (!answer.has_credit()) {
      return Failure(Unexpected(answer));
    }
  }
}

Result<std::string> GetOnce(Exchange& exchange, const std::string& key, const Window& window) {
  v1::BulkMessage begin;
  begin.mutable_get_begin()->set_key(key);
  begin.mutable_get_begin()->set_credit_bytes(window.credit_bytes);
  WEFT_RETURN_IF_ERROR(exchange.Say(std::move(begin)));
  WEFT_ASSIGN_OR_RETURN(const v1::GetHeader header, HearHeader(exchange));
  if (header.size_bytes() > window.blob_bytes_max) {
    return Failure(ErrorCode::kResourceExhausted,
                   "a blob of " + std::to_string(header.size_bytes()) + " bytes");
  }
  IncomingBlob blob(header.size_bytes(), header.checksum(), window, window.credit_bytes);
  while (!blob.IsComplete()) {
    WEFT_ASSIGN_OR_RETURN(const v1::BulkMessage answer, exchange.Hear());
    if (!answer.has_piece() || !blob.Add(answer.piece())) {
      return Failure(Unexpected(answer));
    }
    const std::uint64_t credit = blob.TakeCredit();
    if (credit > 0) {
      v1::BulkMessage more;
      more.mutable_credit()->set_bytes(credit);
      WEFT_RETURN_IF_ERROR(exchange.Say(std::move(more)));
    }
  }
  return std::move(blob).Finish();
}

Result<std::vector<std::string>> ListOnce(Exchange& exchange, const std::string& prefix) {
  v1::BulkMessage begin;
  begin.mutable_list_begin()->set_prefix(prefix);
  WEFT_RETURN_IF_ERROR(exchange.Say(std::move(begin)));
  std::vector<std::string> keys;
  for (;;) {
    WEFT_ASSIGN_OR_RETURN(const v1::BulkMessage answer, exchange.Hear());
    if (!answer.has_keys()) {
      return Failure(Unexpected(answer));
    }
    keys.insert(keys.end(), answer.keys().keys().begin(), answer.keys().keys().end());
    if (!answer.keys().more()) {
      return keys;
    }
  }
}

Status DeleteOnce(Exchange& exchange, const std::string& prefix) {
  v1::BulkMessage begin;
  begin.mutable_delete_prefix()->set_prefix(prefix);
  WEFT_RETURN_IF_ERROR(exchange.Say(std::move(begin)));
  WEFT_ASSIGN_OR_RETURN(const v1::BulkMessage answer, exchange.Hear());
  if (!answer.has_stored()) {
    return Failure(Unexpected(answer));
  }
  return {};
}

}  // namespace

template <typename Operation>
auto RemoteBlobStore::Try(const Operation& operation) {
  const std::lock_guard lock(mutex_);
  for (int tries = 1;; ++tries) {
    Exchange exchange(*connection_, ++exchanges_, options_.silence_max);
    auto result = operation(exchange);
    if (result || result.error().code() != ErrorCode::kUnavailable) {
      return result;
    }
    exchange.Abandon(result.error());
    if (tries >= options_.tries_max) {
      return result;
    }
  }
}

Status RemoteBlobStore::Put(const std::string& key, std::string_view bytes) {
  WEFT_RETURN_IF_ERROR(CheckBlobKey(key));
  v1::BulkMessage begin;
  begin.mutable_put_begin()->set_key(key);
  begin.mutable_put_begin()->set_size_bytes(bytes.size());
  begin.mutable_put_begin()->set_checksum(Xxh3(bytes));
  return Try([&](Exchange& exchange) {
    return PutOnce(exchange, begin, OutgoingBlob(bytes, options_.window));
  });
}

Result<std::string> RemoteBlobStore::Get(const std::string& key) {
  if (!CheckBlobKey(key)) {
    return Failure(ErrorCode::kNotFound, key + ": no blob has such a key");
  }
  return Try([&](Exchange& exchange) { return GetOnce(exchange, key, options_.window); });
}

Result<std::vector<std::string>> RemoteBlobStore::List(const std::string& prefix) {
  if (!IsPrefixOfKeys(prefix)) {
    return std::vector<std::string>();
  }
  return Try([&](Exchange& exchange) { return ListOnce(exchange, prefix); });
}

Status RemoteBlobStore::DeletePrefix(const std::string& prefix) {
  if (!IsPrefixOfKeys(prefix)) {
    return {};
  }
  return Try([&](Exchange& exchange) { return DeleteOnce(exchange, prefix); });
}

}  // namespace weft
