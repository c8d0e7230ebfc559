// Many simulated workers in one thread: a connection each, the worker's side of the conversation,
// and no work: an assigned task is completed at once, with outputs that were never made. One at a
// time, as workers do.

#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <zmq.hpp>

#include "common/transport/zmq_transport.h"
#include "tests/benchmarks/farm/fleet_board.h"
#include "tests/benchmarks/farm/worker_link.h"
#include "weft/v1/envelope.pb.h"

namespace weft::bench {

struct FleetOptions {
  std::string address;         // Of the coordinator.
  std::string name = "fleet";  // Workers are NAME-0, NAME-1, …
  int worker_count = 1;
  std::string device = "cpu";
  std::uint32_t frames = 1;      // Of every clip that a probe finds.
  int reconnect_first_ms = 100;  // As ZmqOptions has it.
  int reconnect_max_ms = 5000;
  int patience_ms = 5;  // The thread looks up this often where nothing comes.
  std::optional<CurveOptions> curve = std::nullopt;  // The same keys for all.
  bool plain_sockets = false;  // See WorkerLink. REQUIRES: no restart of the coordinator.
};

class Fleet {
 public:
  // board: outlives the fleet. Throws zmq::error_t when the sockets cannot be made.
  Fleet(const FleetOptions& options, FleetBoard& board);
  Fleet(const Fleet&) = delete;
  Fleet& operator=(const Fleet&) = delete;
  ~Fleet();

  // Works until the board says stop.
  void Run();

 private:
  struct Worker {
    std::unique_ptr<WorkerLink> link;
    std::string name;
    std::uint64_t welcomed_epoch = 0;  // Life of the coordinator; 0: never welcomed.
    bool greeted = false;              // A first hello is on its way.
    std::optional<v1::ToCoordinator> outcome = std::nullopt;  // Not acknowledged yet.
    bool held = false;                                        // Said nothing of the outcome yet.
    std::int64_t spoke_ns = 0;                                // When it said something last.
    std::list<Worker*>::iterator turn = {};
  };

  void Connect(int index);
  std::unique_ptr<WorkerLink> MakeLink();
  // Everything that waits on the worker's link.
  void Drain(Worker& worker);
  void Hear(Worker& worker, const v1::FromCoordinator& message);
  void Hear(Worker& worker, const v1::WorkerWelcome& welcome);
  void Hear(Worker& worker, const v1::AssignTask& assignment);
  void Hear(Worker& worker, const v1::OutcomeAcknowledged& answer);
  void CountLatency(const v1::Task& task);
  // Among those that will say that they live, as a worker does that has just been welcomed.
  void TakeTurn(Worker& worker);
  // False: nobody takes it now.
  bool SayHello(Worker& worker);
  void Beat(Worker& worker);
  // Tells of the outcome unless it is to be held.
  void Report(Worker& worker);
  void ReleaseHeld();
  // Those that said nothing for as long as they may say hello or that they live, as real ones do.
  void BeatSome(std::int64_t now_ns);
  bool Send(Worker& worker, const v1::ToCoordinator& message);

  const FleetOptions options_;
  FleetBoard& board_;
  zmq::context_t context_;
  int events_;  // The epoll of all sockets.
  std::vector<Worker> workers_;
  std::uint64_t epoch_ = 0;
  std::int64_t heartbeat_ns_ = 1'000'000'000;
  std::list<Worker*> turns_;  // Whoever said nothing for the longest time is the first.
  bool holds_ = false;
  v1::FromCoordinator heard_;  // Kept for its memory, as what follows.
  std::string bytes_;
};

}  // namespace weft::bench
