#include "common/bulk/bulk_server.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "common/blob/blob_key.h"
#include "common/checksum.h"
#include "common/failpoint.h"
#include "common/wire/error_wire.h"

namespace weft {
namespace {

// Of one message of keys; each costs a few bytes more than it has.
constexpr std::size_t kKeysBytesMax = 512 << 10;
constexpr std::size_t kKeyOverheadBytes = 8;

}  // namespace

BulkServer::BulkServer(Listener& listener,
                       BlobStore& store,
                       const Clock& clock,
                       BulkServerOptions options)
    : listener_(listener), store_(store), clock_(clock), options_(std::move(options)) {
  if (options_.put_threads > 0) {
    pool_ = std::make_unique<PutPool>(store_, options_.put_threads, options_.wake);
  }
}

Status BulkServer::ServeOnce(Duration timeout) {
  WEFT_ASSIGN_OR_RETURN(const std::optional<Received> received, listener_.Receive(timeout));
  if (received) {
    Serve(*received);
  }
  TakeStored();
  const Time now = clock_.Now();
  DropSilent(now);
  StartWaiting();
  ReassureWaiting(now);
  return {};
}

void BulkServer::Serve(const Received& received) {
  v1::BulkMessage message;
  if (!message.ParseFromString(received.bytes)) {
    return;  // Without a transfer there is nobody to answer.
  }
  const TransferId id(received.from, message.transfer());
  if (options_.objection) {
    if (const std::optional<Error> objection = options_.objection(message); objection) {
      return Fail(id, *objection);
    }
  }
  switch (message.body_case()) {
    case v1::BulkMessage::kPutBegin:
    case v1::BulkMessage::kGetBegin:
      return Enqueue(id, std::move(message));
    case v1::BulkMessage::kListBegin:
      return List(id, message.list_begin().prefix());
    case v1::BulkMessage::kDeletePrefix:
      return Delete(id, message.delete_prefix().prefix());
    case v1::BulkMessage::kPiece:
      return Take(id, message.piece());
    case v1::BulkMessage::kCredit:
      return Give(id, message.credit().bytes());
    case v1::BulkMessage::kTransferFailed:
      return Forget(id);
    default:
      return Fail(id, {ErrorCode::kUnsupported, "the store does not know this message"});
  }
}

void BulkServer::Enqueue(const TransferId& id, v1::BulkMessage begin) {
  const auto is_it = [&](const Request& request) { return request.id == id; };
  const bool waits = std::any_of(small_puts_.begin(), small_puts_.end(), is_it) ||
                     std::any_of(others_.begin(), others_.end(), is_it);
  if (waits || running_.count(id) > 0) {
    return Fail(id, {ErrorCode::kInvalidArgument, "the transfer's number is in use"});
  }
  if (small_puts_.size() + others_.size() >= options_.waiting_max) {
    return Fail(id, {ErrorCode::kUnavailable, "too many transfers wait"});
  }
  const bool is_small = begin.has_put_begin() && !IsLarge(begin.put_begin().size_bytes());
  (is_small ? small_puts_ : others_).push_back({id, std::move(begin), ++turns_});
}

std::uint64_t BulkServer::Transfer::SizeBytes() const {
  const Upload* const upload = std::get_if<Upload>(&way);
  return upload != nullptr ? upload->blob.size_bytes() : std::get<Download>(way).bytes->size();
}

bool BulkServer::IsLarge(std::uint64_t size_bytes) const {
  return size_bytes > options_.small_bytes_max && size_bytes <= options_.window.blob_bytes_max;
}

bool BulkServer::HasRoomFor(std::uint64_t size_bytes) const {
  return !IsLarge(size_bytes) || large_bytes_ == 0 ||
         (large_bytes_ < options_.bytes_max && size_bytes <= options_.bytes_max - large_bytes_);
}

void BulkServer::Begin(const TransferId& id, Transfer transfer) {
  const std::uint64_t size = transfer.SizeBytes();
  large_bytes_ += IsLarge(size) ? size : 0;
  running_.emplace(id, std::move(transfer));
}

bool BulkServer::MayStart(const Request& request) const {
  if (request.begin.has_put_begin()) {
    return HasRoomFor(request.begin.put_begin().size_bytes());
  }
  return large_bytes_ < options_.bytes_max;  // How large it is, reading it will say.
}

std::deque<BulkServer::Request>* BulkServer::NextToStart() {
  const bool has_small = !small_puts_.empty();
  const bool may_other = !others_.empty() && MayStart(others_.front());
  if (has_small && may_other) {
    return small_puts_.front().turn < others_.front().turn ? &small_puts_ : &others_;
  }
  if (has_small || may_other) {
    return has_small ? &small_puts_ : &others_;
  }
  return nullptr;
}

void BulkServer::StartWaiting() {
  while (running_.size() < options_.transfers_max) {
    std::deque<Request>* const waiting = NextToStart();
    if (waiting == nullptr) {
      return;
    }
    const Request request = std::move(waiting->front());
    waiting->pop_front();
    if (request.begin.has_put_begin()) {
      Start(request.id, request.begin.put_begin());
    } else {
      Start(request.id, request.begin.get_begin());
    }
  }
}

void BulkServer::Start(const TransferId& id, const v1::PutBegin& begin) {
  const Status good_key = CheckBlobKey(begin.key());
  if (!good_key) {
    return Fail(id, good_key.error());
  }
  if (begin.size_bytes() > options_.window.blob_bytes_max) {
    return Fail(id, {ErrorCode::kInvalidArgument,
                     begin.key() + ": a blob of " + std::to_string(begin.size_bytes()) +
                         " bytes; at most " + std::to_string(options_.window.blob_bytes_max) +
                         " are allowed"});
  }
  Upload upload{begin.key(), IncomingBlob(begin.size_bytes(), begin.checksum(), options_.window)};
  Begin(id, {std::move(upload), clock_.Now()});
  Advance(id, std::get<Upload>(running_.at(id).way));
}

void BulkServer::Start(const TransferId& id, const v1::GetBegin& begin) {
  Result<std::string> stored = store_.Get(begin.key());
  if (!stored) {
    return Fail(id, stored.error());
  }
  auto bytes = std::make_unique<const std::string>(std::move(*stored));
  v1::BulkMessage header;
  header.mutable_get_header()->set_size_bytes(bytes->size());
  header.mutable_get_header()->set_checksum(Xxh3(*bytes));
  OutgoingBlob blob(*bytes, options_.window);
  blob.AddCredit(begin.credit_bytes());
  if (Answer(id, std::move(header))) {
    Download download{std::move(bytes), blob};
    Begin(id, {std::move(download), clock_.Now()});
    Advance(id, std::get<Download>(running_.at(id).way));
  }
}

void BulkServer::List(const TransferId& id, const std::string& prefix) {
  const Result<std::vector<std::string>> keys = store_.List(prefix);
  if (!keys) {
    return Fail(id, keys.error());
  }
  v1::BulkMessage message;
  message.mutable_keys();
  std::size_t bytes = 0;
  for (const std::string& key : *keys) {
    if (bytes > kKeysBytesMax) {
      message.mutable_keys()->set_more(true);
      Answer(id, std::move(message));
      message = {};
      bytes = 0;
    }
    message.mutable_keys()->add_keys(key);
    bytes += key.size() + kKeyOverheadBytes;
  }
  Answer(id, std::move(message));
}

void BulkServer::Delete(const TransferId& id, const std::string& prefix) {
  const Status deleted = store_.DeletePrefix(prefix);
  if (!deleted) {
    return Fail(id, deleted.error());
  }
  v1::BulkMessage stored;
  stored.mutable_stored();
  Answer(id, std::move(stored));
}

void BulkServer::Take(const TransferId& id, const v1::Piece& piece) {
  const auto transfer = running_.find(id);
  if (transfer == running_.end()) {
    // Perhaps begun with a store that has restarted since.
    return Fail(id, {ErrorCode::kUnavailable, "the store does not know the transfer"});
  }
  Upload* upload = std::get_if<Upload>(&transfer->second.way);
  const bool is_whole = upload != nullptr && upload->ticket.has_value();
  const Status added =
      upload == nullptr || is_whole
          ? Failure(ErrorCode::kInvalidArgument,
                    upload == nullptr ? "a piece for a download" : "a piece for a whole blob")
          : upload->blob.Add(piece);
  if (!added) {
    return Fail(id, added.error());
  }
  transfer->second.heard = clock_.Now();
  Advance(id, *upload);
}

void BulkServer::Give(const TransferId& id, std::uint64_t credit_bytes) {
  const auto transfer = running_.find(id);
  if (transfer == running_.end()) {
    return;  // Credit that crossed the last piece.
  }
  Download* download = std::get_if<Download>(&transfer->second.way);
  if (download == nullptr) {
    return Fail(id, {ErrorCode::kInvalidArgument, "credit for an upload"});
  }
  download->blob.AddCredit(credit_bytes);
  transfer->second.heard = clock_.Now();
  Advance(id, *download);
}

void BulkServer::Advance(const TransferId& id, Upload& upload) {
  v1::BulkMessage message;
  if (!upload.blob.IsComplete()) {
    const std::uint64_t credit = upload.blob.TakeCredit();
    if (credit > 0) {
      message.mutable_credit()->set_bytes(credit);
      Answer(id, std::move(message));
    }
    return;
  }
  Store(id, upload);
}

void BulkServer::Store(const TransferId& id, Upload& upload) {
  Result<std::string> bytes = std::move(upload.blob).Finish();
  if (!bytes) {
    return Fail(id, bytes.error());
  }
  if (pool_ == nullptr) {
    Failpoint("store/before-put");
    const Status stored = store_.Put(upload.key, *bytes);
    Failpoint("store/after-put");
    return TellStored(id, stored);
  }
  upload.ticket = ++tickets_;
  storing_.emplace(*upload.ticket, id);
  pool_->Put({*upload.ticket, upload.key, *std::move(bytes)});
}

void BulkServer::TakeStored() {
  if (pool_ == nullptr) {
    return;
  }
  for (const PutPool::Outcome& outcome : pool_->Take()) {
    const auto known = storing_.find(outcome.ticket);
    if (known != storing_.end()) {
      const TransferId id = known->second;
      storing_.erase(known);
      TellStored(id, outcome.stored);
    }
  }
}

void BulkServer::TellStored(const TransferId& id, const Status& stored) {
  if (!stored) {
    return Fail(id, stored.error());
  }
  v1::BulkMessage message;
  message.mutable_stored();
  Answer(id, std::move(message));
  Forget(id);
}

void BulkServer::Advance(const TransferId& id, Download& download) {
  while (std::optional<v1::Piece> piece = download.blob.NextPiece()) {
    v1::BulkMessage message;
    *message.mutable_piece() = std::move(*piece);
    if (!Answer(id, std::move(message))) {
      return;
    }
  }
  if (download.blob.IsSent()) {
    Forget(id);
  }
}

void BulkServer::Forget(const TransferId& id) {
  const auto running = running_.find(id);
  if (running != running_.end()) {
    const Upload* const upload = std::get_if<Upload>(&running->second.way);
    if (upload != nullptr && upload->ticket.has_value()) {
      storing_.erase(*upload->ticket);  // Its number may be used again before it is stored.
    }
    const std::uint64_t size = running->second.SizeBytes();
    large_bytes_ -= IsLarge(size) ? size : 0;
    running_.erase(running);
    return;
  }
  for (std::deque<Request>* const waiting : {&small_puts_, &others_}) {
    waiting->erase(std::remove_if(waiting->begin(), waiting->end(),
                                  [&](const Request& request) { return request.id == id; }),
                   waiting->end());
  }
}

void BulkServer::DropSilent(Time now) {
  std::vector<TransferId> silent;
  for (const auto& [id, transfer] : running_) {
    const Upload* const upload = std::get_if<Upload>(&transfer.way);
    const bool waits_for_us = upload != nullptr && upload->ticket.has_value();
    if (!waits_for_us && now - transfer.heard >= options_.silence_max) {
      silent.push_back(id);
    }
  }
  for (const TransferId& id : silent) {
    Fail(id, {ErrorCode::kUnavailable, "the transfer fell silent"});
  }
}

void BulkServer::ReassureWaiting(Time now) {
  if (now - reassured_ < options_.reassure_every) {
    return;
  }
  reassured_ = now;
  v1::BulkMessage patience;
  patience.mutable_credit()->set_bytes(0);
  std::vector<TransferId> waiting;  // Answer() forgets those whose peer is gone.
  for (const std::deque<Request>* const requests : {&small_puts_, &others_}) {
    for (const Request& request : *requests) {
      waiting.push_back(request.id);
    }
  }
  for (const auto& [ticket, id] : storing_) {
    waiting.push_back(id);  // Who heard nothing for long would send it all again.
  }
  for (const TransferId& id : waiting) {
    Answer(id, patience);
  }
}

bool BulkServer::Answer(const TransferId& id, v1::BulkMessage message) {
  message.set_transfer(id.second);
  const bool sent = listener_.Send(id.first, message.SerializeAsString()).has_value();
  if (!sent) {
    Forget(id);
  }
  return sent;
}

void BulkServer::Fail(const TransferId& id, const Error& error) {
  v1::BulkMessage message;
  *message.mutable_transfer_failed()->mutable_error() = ToWire(error);
  Answer(id, std::move(message));
  Forget(id);
}

}  // namespace weft
