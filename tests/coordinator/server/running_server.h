// A real server on a thread, on sockets in a folder.

#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <thread>

#include "coordinator/server/server.h"

namespace weft::coordinator {

inline ServerOptions OptionsIn(const std::string& folder) {
  ServerOptions options;
  options.state_folder = folder + "/state";
  options.control_address = "ipc://" + folder + "/control";
  options.bulk_address = "ipc://" + folder + "/bulk";
  options.trusts_outputs = true;  // Model workers store nothing.
  return options;
}

class RunningServer {
 public:
  // context: outlives the server. Throws when the server cannot be opened.
  RunningServer(ZmqContext& context, const ServerOptions& options)
      : server_(Server::Open(context, options, Log::Silent()).value()),
        thread_([this] { ended_ = server_->Run(stop_); }) {}
  RunningServer(const RunningServer&) = delete;
  RunningServer& operator=(const RunningServer&) = delete;
  ~RunningServer() {
    if (thread_.joinable()) {
      static_cast<void>(Stop());
    }
  }

  [[nodiscard]] const Server& Subject() const { return *server_; }
  [[nodiscard]] Switchboard& Board() { return server_->Board(); }

  // How it ended.
  Status Stop() {
    stop_ = true;
    thread_.join();
    return ended_;
  }

 private:
  std::atomic<bool> stop_ = false;
  Status ended_;
  std::unique_ptr<Server> server_;
  std::thread thread_;
};

}  // namespace weft::coordinator
