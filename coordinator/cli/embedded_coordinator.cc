#include "coordinator/cli/embedded_coordinator.h"

#include <utility>

namespace weft::cli {

Result<std::unique_ptr<EmbeddedCoordinator>> EmbeddedCoordinator::Start(
    ZmqContext& context, const coordinator::ServerOptions& options, const Log& log) {
  WEFT_ASSIGN_OR_RETURN(auto server, coordinator::Server::Open(context, options, log));
  return std::unique_ptr<EmbeddedCoordinator>(new EmbeddedCoordinator(std::move(server)));
}

EmbeddedCoordinator::EmbeddedCoordinator(std::unique_ptr<coordinator::Server> server)
    : server_(std::move(server)), thread_([this] {
        Status ended = server_->Run(stop_);
        const std::lock_guard<std::mutex> lock(mutex_);
        ended_ = std::move(ended);
      }) {}

EmbeddedCoordinator::~EmbeddedCoordinator() {
  stop_ = true;
  if (thread_.joinable()) {
    thread_.join();
  }
}

Status EmbeddedCoordinator::Health() {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!ended_) {
    return {};
  }
  WEFT_RETURN_IF_ERROR(*ended_);
  return Failure(ErrorCode::kInternal, "the coordinator ended by itself");
}

Status EmbeddedCoordinator::Stop() {
  stop_ = true;
  thread_.join();
  server_.reset();
  return ended_.value_or(Status());
}

}  // namespace weft::cli
