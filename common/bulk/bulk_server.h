// Serves a blob store to its peers, as weft.v1.BulkMessage says.
//
// A transfer begins when its turn comes: at most `transfers_max` run at a time, and of large blobs
// no more than hold `bytes_max` in memory, where a blob is whole before it is stored or sent; by
// one download they may pass that, since only reading it says how large it is. The others wait in
// the order in which they asked, small uploads not behind others, and hear a credit of zero now and
// then. Transfers whose peer falls silent are dropped; so are those whose peer is
// gone. A peer that breaks the rules loses its transfer and hurts no other.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "common/blob_store.h"
#include "common/bulk/incoming_blob.h"
#include "common/bulk/outgoing_blob.h"
#include "common/bulk/put_pool.h"
#include "common/bulk/window.h"
#include "common/clock.h"
#include "common/result.h"
#include "common/transport.h"
#include "weft/v1/bulk.pb.h"

namespace weft {

struct BulkServerOptions {
  Window window = {};
  std::size_t transfers_max = 64;           // At a time.
  std::uint64_t bytes_max = 1 << 30;        // Of large blobs at a time; any one alone.
  std::uint64_t small_bytes_max = 4 << 20;  // A blob with more is large.
  std::size_t waiting_max = 20000;          // More are sent away with kUnavailable.
  Duration silence_max = std::chrono::seconds(30);
  Duration reassure_every = std::chrono::seconds(1);  // Those who wait.
  // Why the sender of the message that was received last may not say this. Empty: all may.
  std::function<std::optional<Error>(const v1::BulkMessage& message)> objection = {};
  // Blobs are stored by so many threads of the server's own; 0: by the one that serves.
  std::size_t put_threads = 0;
  // Has ServeOnce() look up from its wait: called by those threads when they have stored one.
  std::function<void()> wake = [] {};
};

// Used by one thread.
class BulkServer {
 public:
  // listener, store, clock: outlive the server. The listener carries messages of up to 2 MiB.
  // REQUIRES: the store may be used from several threads where there are put_threads.
  BulkServer(Listener& listener,
             BlobStore& store,
             const Clock& clock,
             BulkServerOptions options = {});

  // Serves the next message, waiting for it up to `timeout`, and drops whom time has overtaken. To
  // be called again and again, with timeouts of at most a second.
  // An error: the listener is broken; nothing more can be served.
  Status ServeOnce(Duration timeout);

 private:
  // A peer's transfer; numbers are the peer's own.
  using TransferId = std::pair<PeerId, std::uint64_t>;

  struct Upload {
    std::string key;
    IncomingBlob blob;
    std::optional<std::uint64_t> ticket = std::nullopt;  // It is complete and being stored.
  };
  struct Download {
    std::unique_ptr<const std::string> bytes;  // What `blob` points to.
    OutgoingBlob blob;
  };
  struct Transfer {
    std::variant<Upload, Download> way;
    Time heard;  // Last.

    [[nodiscard]] std::uint64_t SizeBytes() const;
  };
  struct Request {
    TransferId id;
    v1::BulkMessage begin;
    std::uint64_t turn = 0;  // In order of arrival.
  };

  void Serve(const Received& received);
  void Enqueue(const TransferId& id, v1::BulkMessage begin);
  void StartWaiting();
  [[nodiscard]] bool IsLarge(std::uint64_t size_bytes) const;
  [[nodiscard]] bool HasRoomFor(std::uint64_t size_bytes) const;
  [[nodiscard]] bool MayStart(const Request& request) const;
  // Whose first request comes next; null where none may start.
  std::deque<Request>* NextToStart();
  void Begin(const TransferId& id, Transfer transfer);
  void Start(const TransferId& id, const v1::PutBegin& begin);
  void Start(const TransferId& id, const v1::GetBegin& begin);
  void List(const TransferId& id, const std::string& prefix);
  void Delete(const TransferId& id, const std::string& prefix);
  void Take(const TransferId& id, const v1::Piece& piece);
  void Give(const TransferId& id, std::uint64_t credit_bytes);
  void Advance(const TransferId& id, Upload& upload);
  void Store(const TransferId& id, Upload& upload);
  // The peer is told, if it still waits.
  void TellStored(const TransferId& id, const Status& stored);
  void TakeStored();
  void Advance(const TransferId& id, Download& download);
  void Forget(const TransferId& id);
  void DropSilent(Time now);
  void ReassureWaiting(Time now);

  // False when the peer is gone.
  bool Answer(const TransferId& id, v1::BulkMessage message);
  void Fail(const TransferId& id, const Error& error);

  Listener& listener_;
  BlobStore& store_;
  const Clock& clock_;
  BulkServerOptions options_;
  std::map<TransferId, Transfer> running_;
  std::uint64_t large_bytes_ = 0;   // Of those that are large.
  std::deque<Request> small_puts_;  // These wait for no large blob,
  std::deque<Request> others_;      // as do these: how large a download is, only reading it says.
  std::uint64_t turns_ = 0;         // Of requests.
  Time reassured_{};
  std::map<std::uint64_t, TransferId> storing_;  // By ticket.
  std::uint64_t tickets_ = 0;
  std::unique_ptr<PutPool> pool_;  // Null where there are no threads. Last: it stops first.
};

}  // namespace weft
