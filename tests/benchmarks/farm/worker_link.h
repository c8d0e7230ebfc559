// A simulated worker's connection to the coordinator: with ZeroMQ's library, as real workers have
// it, or speaking its protocol over a plain socket, which takes less of the machine that the
// coordinator shares with its load.

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <zmq.hpp>

#include "common/transport/zmq_transport.h"

namespace weft::bench {

class WorkerLink {
 public:
  WorkerLink() = default;
  WorkerLink(const WorkerLink&) = delete;
  WorkerLink& operator=(const WorkerLink&) = delete;
  virtual ~WorkerLink() = default;

  // False: nobody takes it now.
  virtual bool Send(std::string_view message) = 0;

  // The next message that has come, until the next call. False: there is none for now.
  // Throws std::runtime_error when a connection that does not come back is lost.
  virtual bool Next(std::string_view& message) = 0;

  // For epoll, edge-triggered: tells of a change only once, so call Next() to the end.
  [[nodiscard]] virtual int Descriptor() = 0;
};

// socket: a DEALER that is connecting.
std::unique_ptr<WorkerLink> MakeLibraryLink(zmq::socket_t socket);

// ZMTP 3.1 as a DEALER (RFC 37), openly or by CURVE; open, so that it takes all that is sent. Does
// not come back after its connection is lost. Waits up to a minute until somebody listens.
// address: tcp://127.0.0.1:PORT. Throws std::system_error when it cannot connect,
// std::runtime_error where it is refused, and std::invalid_argument where the keys are none.
std::unique_ptr<WorkerLink> MakePlainLink(const std::string& address,
                                          const std::optional<CurveOptions>& curve = std::nullopt);

}  // namespace weft::bench
