// The coordinator of a local render: the same server as a fleet's, in a thread of this process.

#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "common/log/log.h"
#include "common/result.h"
#include "common/transport/zmq_transport.h"
#include "coordinator/server/server.h"

namespace weft::cli {

// Used by one thread; runs one of its own.
class EmbeddedCoordinator {
 public:
  // Opens the state and begins to serve. context: outlives this.
  // Errors as coordinator::Server::Open().
  static Result<std::unique_ptr<EmbeddedCoordinator>> Start(
      ZmqContext& context, const coordinator::ServerOptions& options, const Log& log);

  EmbeddedCoordinator(const EmbeddedCoordinator&) = delete;
  EmbeddedCoordinator& operator=(const EmbeddedCoordinator&) = delete;
  ~EmbeddedCoordinator();

  // Why it does not serve any more; Ok while it does.
  Status Health();

  // Ends the thread and closes the state.
  Status Stop();

 private:
  explicit EmbeddedCoordinator(std::unique_ptr<coordinator::Server> server);

  std::unique_ptr<coordinator::Server> server_;
  std::atomic<bool> stop_{false};
  std::mutex mutex_;
  std::optional<Status> ended_;  // Guarded by mutex_.
  std::thread thread_;           // Last: it uses the others.
};

}  // namespace weft::cli
