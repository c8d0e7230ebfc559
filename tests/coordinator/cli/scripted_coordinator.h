// A coordinator for the tests of its clients: answers by a script, on a thread of its own.

#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "common/transport/memory_transport.h"
#include "weft/v1/envelope.pb.h"

namespace weft::cli {

class ScriptedCoordinator {
 public:
  using Script = std::function<std::vector<v1::FromCoordinator>(const v1::ToCoordinator& message)>;

  // network: outlives this.
  ScriptedCoordinator(MemoryNetwork& network, Script script)
      : ScriptedCoordinator(network.Listen("coordinator").value(), std::move(script)) {}
  ScriptedCoordinator(std::unique_ptr<BoundListener> listener, Script script)
      : listener_(std::move(listener)), script_(std::move(script)), thread_([this] { Serve(); }) {}
  ScriptedCoordinator(const ScriptedCoordinator&) = delete;
  ScriptedCoordinator& operator=(const ScriptedCoordinator&) = delete;
  ~ScriptedCoordinator() {
    stop_ = true;
    listener_->Interrupt();
    thread_.join();
  }

 private:
  void Serve() {
    constexpr Duration kPatience{20};
    while (!stop_) {
      const auto received = listener_->Receive(kPatience).value();
      v1::ToCoordinator message;
      if (!received.has_value() || !message.ParseFromString(received->bytes)) {
        continue;
      }
      for (const v1::FromCoordinator& answer : script_(message)) {
        static_cast<void>(listener_->Send(received->from, answer.SerializeAsString()));
      }
    }
  }

  std::unique_ptr<BoundListener> listener_;
  Script script_;
  std::atomic<bool> stop_ = false;
  std::thread thread_;  // Last: it uses all of the above.
};

}  // namespace weft::cli
