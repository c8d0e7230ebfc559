// A transport inside one process, for tests and simulations: the same promises as ZeroMQ's, without
// sockets or threads of its own.

#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "common/result.h"
#include "common/transport.h"
#include "common/transport/bound_listener.h"
#include "common/transport/socket_options.h"

namespace weft {

// Addresses are any names. May be used from any thread; each socket by one thread at a time.
// REQUIRES: outlives its sockets.
class MemoryNetwork {
 public:
  // kAlreadyExists: somebody listens there.
  Result<std::unique_ptr<BoundListener>> Listen(const std::string& address,
                                                const SocketOptions& options = {});

  // Does not wait for the other side: until it is there, Send() says kUnavailable.
  Result<std::unique_ptr<Connection>> Connect(const std::string& address,
                                              const SocketOptions& options = {});

 private:
  class ListenerSocket;
  class ConnectionSocket;

  std::mutex mutex_;                   // Guards everything below and all queues of the sockets.
  std::condition_variable delivered_;  // Some queue has grown.
  std::map<std::string, ListenerSocket*> listeners_;
  std::uint64_t peers_named_ = 0;
};

}  // namespace weft
