// The transport over ZeroMQ: a ROUTER listens, DEALERs connect.
//
// Addresses: "tcp://127.0.0.1:7733", "tcp://*:7733", "tcp://127.0.0.1:*" (any free port),
// "ipc:///run/weft/control" (a Unix socket; its path has at most 107 bytes).
//
// TCP that leaves the machine is encrypted: with keys, both sides know each other by CURVE;
// without, an address that is not the loopback's is refused unless `plain_tcp` says otherwise. Unix
// sockets and their folder's permissions stay as they are.
//
// A connection reconnects by itself, with growing pauses, and is another peer afterwards. Half-open
// connections are reaped by ZMTP heartbeats; those prove that a machine is there, not that its
// program still works. Receive() also returns nothing, early, when a signal interrupts it.

#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "common/result.h"
#include "common/time.h"
#include "common/transport.h"
#include "common/transport/bound_listener.h"
#include "common/transport/curve_keys.h"
#include "common/transport/socket_options.h"

namespace zmq {
class context_t;
}  // namespace zmq

namespace weft {

class CurveDoor;

// Of one process, for all its TCP sockets.
struct CurveOptions {
  CurveKeys keys = {};      // Its own.
  std::string server = {};  // The listeners' public half; needed to connect.
  std::string guests = {};  // Who may connect: see guest_list.h; needed to listen.
};

struct ZmqOptions {
  int io_threads = 2;
  Duration reconnect_first = std::chrono::milliseconds(100);  // Doubles up to reconnect_max.
  Duration reconnect_max = std::chrono::seconds(5);
  Duration heartbeat_interval = std::chrono::seconds(5);  // Of a connection.
  // Of a listener, to each of its peers: it has many, and ZeroMQ goes through the timers of all of
  // them for each that it cancels.
  Duration listener_heartbeat_interval = std::chrono::seconds(60);
  Duration heartbeat_timeout = std::chrono::seconds(15);  // Unanswered, the other side is gone.
  // How long a destroyed socket goes on sending what was accepted; the context's destructor waits.
  Duration linger = std::chrono::seconds(1);
  std::optional<CurveOptions> curve = std::nullopt;
  bool plain_tcp = false;  // Also beyond the loopback, without keys.
};

// One a process, made by main. May be used from any thread; each socket by one thread at a time.
// REQUIRES: outlives its sockets; its destructor would wait for them for ever.
class ZmqContext {
 public:
  // kResourceExhausted: no memory or file descriptors for its threads.
  // Other errors: the guests' list cannot be read.
  static Result<std::unique_ptr<ZmqContext>> Open(const ZmqOptions& options = {});

  ZmqContext(const ZmqContext&) = delete;
  ZmqContext& operator=(const ZmqContext&) = delete;
  ~ZmqContext();

  // kInvalidArgument: not an address, or too long a path.  kAlreadyExists: somebody listens there.
  // kPermissionDenied, kNotFound: the socket's folder may not be written, is not there.
  // kFailedPrecondition: TCP beyond the loopback without keys, or keys without a guests' list.
  Result<std::unique_ptr<BoundListener>> Listen(const std::string& address,
                                                const SocketOptions& options = {});

  // Does not wait for the other side: until it is there, Send() says kUnavailable.
  // kInvalidArgument: not an address, or too long a path.
  // kFailedPrecondition: TCP beyond the loopback without keys, or keys without the listener's.
  Result<std::unique_ptr<Connection>> Connect(const std::string& address,
                                              const SocketOptions& options = {});

 private:
  ZmqContext(ZmqOptions options,
             std::unique_ptr<zmq::context_t> context,
             std::unique_ptr<CurveDoor> door);

  ZmqOptions options_;
  std::unique_ptr<zmq::context_t> context_;
  std::unique_ptr<CurveDoor> door_;  // Null where nobody is let in by key.
};

}  // namespace weft
