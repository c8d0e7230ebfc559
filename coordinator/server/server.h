// The coordinator as a program part: the core, its ledger, its sockets and its blobs.
//
// One thread turns messages and timers into events for the core and gathers what the core wants
// recorded and said. Another one writes that as one batch, while the first gathers the next; only
// when a batch is on disk is anything of it said. Blobs are served by a thread of their own.
//
// Crash-only: whatever stops the server, the next one on the same folder goes on from the ledger.

#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/clock.h"
#include "common/guest.h"
#include "common/log/log.h"
#include "common/result.h"
#include "common/time.h"
#include "common/transport/zmq_transport.h"
#include "coordinator/core/exchange_choice.h"
#include "coordinator/core/farm.h"
#include "coordinator/ledger/rocks_ledger.h"
#include "coordinator/server/blob_service.h"
#include "coordinator/server/care_desk.h"
#include "coordinator/server/committer.h"
#include "coordinator/server/disk_gate.h"
#include "coordinator/server/log_desk.h"
#include "coordinator/server/log_keeper.h"
#include "coordinator/server/output_check.h"
#include "coordinator/server/switchboard.h"
#include "coordinator/server/tick_gate.h"
#include "coordinator/server/upload_desk.h"

namespace weft::coordinator {

// A job came into another state, and that is on disk.
struct JobEvent {
  std::string event;  // "job.accepted", "job.done", …: see Note::event.
  std::uint64_t unix_ms = 0;
  const Job& job;  // As it is by now.
};

// Of results; see FarmOptions.
struct ResultLimits {
  Duration keep = FarmOptions().result_keep;
  std::uint64_t user_bytes_max = FarmOptions().result_bytes_max;
};

struct ServerOptions {
  std::string state_folder;         // Made if it is not there; holds ledger/, blobs/ and logs/.
  std::string control_address;      // To listen on; see common/transport/zmq_transport.h.
  std::string bulk_address;         // To listen on, for blobs.
  std::string bulk_public_address;  // What workers are told; empty: where bulk_address was bound.
  Duration heartbeat = std::chrono::seconds(1);
  Duration silence = std::chrono::seconds(5);  // Then a worker is taken for gone.
  Duration lease = std::chrono::seconds(30);   // Then an attempt nobody speaks of is given up.
  // Of a worker's link to the store, and of the store's: what plans weigh computing against.
  double link_bytes_per_second = kNetworkBytesPerSecond;
  DiskLimits disk = {};  // Of the state folder's disk.
  LogKeeping logs = {};
  UploadLimits uploads = {};                        // Of files that users hand in.
  ResultLimits results = {};                        // Of what their jobs write and is kept here.
  std::optional<Duration> job_keep = std::nullopt;  // See FarmOptions.
  // Hears of every job, on the server's thread, which waits for it. Empty: nobody does.
  std::function<void(const JobEvent& event)> hear_job = {};
  // Takes workers at their word on what they have stored, rather than compare it with what is
  // there. For benchmarks and tests whose workers store nothing.
  bool trusts_outputs = false;
};

class Server {
 public:
  // context: outlives the server.
  // kFailedPrecondition: another coordinator runs on the folder.  kAlreadyExists: somebody listens
  // on an address.  Other errors: those of the ledger, the blob store and the sockets.
  static Result<std::unique_ptr<Server>> Open(ZmqContext& context,
                                              const ServerOptions& options,
                                              Log log);

  // Serves until `stop` is true, which is noticed within a fifth of a second.
  // alive: called at least as often, as long as the server lives.
  // kNoSpace: the state folder's disk is too full to go on.
  // Other errors: the ledger or a socket is broken. After an error the server must be destroyed.
  Status Run(
      const std::atomic<bool>& stop, const std::function<void()>& alive = [] {});

  // Where peers reach the server.
  [[nodiscard]] const std::string& ControlAddress() const { return listener_->address(); }
  [[nodiscard]] const std::string& BulkAddress() const { return blobs_->Address(); }

  // For questions from other threads; they are answered while Run() runs.
  [[nodiscard]] Switchboard& Board() { return board_; }

 private:
  // What Open() has made, in the order in which it is made.
  struct Parts {
    std::unique_ptr<RocksLedger> ledger;
    std::unique_ptr<BlobService> blobs;
    std::unique_ptr<BoundListener> listener;
    std::unique_ptr<Farm> farm;
  };

  Server(Parts parts, const ServerOptions& options, Log log);

  // One turn: says what is on disk by now, hears what arrives within `timeout` and shortly after,
  // and begins to write it once the batch before is written.
  Status Turn(Duration timeout);
  // Holds jobs back while the disk is low.
  void WatchDisk(Time now);
  // Has dropped what earlier lives left behind, some at a time, and what was kept long enough.
  void Sweep();
  // Has run again what a check of the stored state has found damaged.
  void TendCare();
  // Into the gathered batch, as long as it is not full, nor enough to be written at once.
  Status HearWaiting(Duration timeout);
  // Says and logs what the batch that was being written holds, if that is done.
  Status Deliver();
  // How long to wait for messages.
  [[nodiscard]] Duration Patience() const;
  // Hears of it, if the guest may say that.
  void Admit(MessageArrived& arrived, const Guest& guest);
  void RefuseGuest(const MessageArrived& arrived, const std::string& why);
  void RefuseRequest(const MessageArrived& arrived, const Error& why);
  // What needs no part of the core is answered at once.
  void Hear(MessageArrived&& arrived);
  // Deletes old logs now and then, and tells of records that could not be kept.
  void TendLogs(Time now);
  // What the message's sender is told when it is none.
  void RefuseGarbage(const Received& received);
  // Gathers what the core makes of the event.
  void Handle(const Event& event);
  void Send(const Letter& letter);
  // What the core does not know of the farm.
  void Complete(v1::FarmStatus& status) const;
  void Write(const Note& note);

  const SteadyClock clock_;
  std::unique_ptr<BlobService> blobs_;
  std::unique_ptr<BoundListener> listener_;
  std::unique_ptr<Farm> farm_;
  const RocksLedger& ledger_;  // The committer's.
  std::unique_ptr<Committer> committer_;
  std::unique_ptr<CareDesk> care_;
  DiskGate gate_;
  const bool trusts_outputs_;
  OutputCheck output_check_;
  Time gate_looked_{};  // Last.
  LogKeeper logs_;
  LogDesk log_desk_;
  UploadDesk upload_desk_;
  const std::function<void(const JobEvent& event)> hear_job_;
  Time logs_pruned_{};     // Last.
  Time results_looked_{};  // Last, for those to drop.
  Log log_;
  Switchboard board_;
  Effects effects_;            // Of one event: here for its memory.
  Batch gathered_;             // Since the batch that is being written.
  Batch spare_;                // Empty between deliveries: here for its memory.
  int gathered_messages_ = 0;  // That it comes from.
  bool heard_all_ = false;     // That waited, when messages were last heard.
  TickGate tick_gate_;
  std::vector<PeerId> unreachable_;  // Found while sending; the core hears of them next.
  std::uint64_t garbage_count_ = 0;
  std::uint64_t refused_count_ = 0;
  std::uint64_t log_records_lost_ = 0;  // That came, and could not be kept.
};

}  // namespace weft::coordinator
