#include <cerrno>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

#include <poll.h>

#include "tests/benchmarks/farm/plain_socket.h"
#include "tests/benchmarks/farm/worker_link.h"
#include "tests/benchmarks/farm/zmtp_frame.h"
#include "tests/benchmarks/farm/zmtp_mechanism.h"

namespace weft::bench {
namespace {

constexpr std::size_t kGreetingBytes = 64;
constexpr std::string_view kErrorName = "\5ERROR";
constexpr std::string_view kPing = "\4PING";
constexpr std::string_view kPong = "\4PONG";
constexpr std::size_t kTtlBytes = 2;

// Version 3.1, not the side that is a server.
std::string Greeting(std::string_view mechanism) {
  std::string greeting("\xff\0\0\0\0\0\0\0\1\x7f\3\1", 12);
  greeting.append(mechanism);
  greeting.resize(kGreetingBytes, '\0');
  return greeting;
}

using Deadline = std::chrono::steady_clock::time_point;

int PortOf(const std::string& address) {
  return std::stoi(address.substr(address.rfind(':') + 1));
}

class PlainLink : public WorkerLink {
 public:
  PlainLink(const std::string& address, std::unique_ptr<ZmtpMechanism> mechanism)
      : socket_(PortOf(address), address), mechanism_(std::move(mechanism)) {
    socket_.Out() = Greeting(mechanism_->Name());
    socket_.Flush();
  }

  // Whether it is open, having gone on with that. Nothing else before.
  bool Open() {
    ZmtpFrame frame;
    while (!mechanism_->IsOpen() && NextFrame(frame)) {
      Shake(frame);
      held_ = frame.bytes;
      Forget();
    }
    return mechanism_->IsOpen();
  }

  bool Send(std::string_view message) override {
    mechanism_->Wrap({false, message}, socket_.Out());
    socket_.Flush();
    return true;
  }

  bool Next(std::string_view& message) override {
    Forget();
    ZmtpFrame frame;
    while (NextFrame(frame)) {
      held_ = frame.bytes;
      const ZmtpContent content = mechanism_->Unwrap(frame.is_command, frame.body);
      if (!content.is_command) {
        message = content.bytes;
        return true;
      }
      Obey(content.bytes);
      Forget();
    }
    return false;
  }

  [[nodiscard]] int Descriptor() override { return socket_.Descriptor(); }

 private:
  // What was looked at last is not needed any more.
  void Forget() {
    socket_.Drop(std::exchange(held_, 0));
    socket_.Flush();  // What the socket had no room for before.
  }

  bool NextFrame(ZmtpFrame& frame) {
    if (HasFrame(frame)) {
      return true;
    }
    if (!socket_.Fill()) {
      throw std::system_error(ECONNRESET, std::generic_category(),
                              "the coordinator has closed a connection");
    }
    return HasFrame(frame);
  }

  bool HasFrame(ZmtpFrame& frame) {
    if (!greeted_ && socket_.In().size() >= kGreetingBytes) {
      socket_.Drop(kGreetingBytes);
      greeted_ = true;
      AppendFrame(true, mechanism_->Begin(), socket_.Out());
      socket_.Flush();
    }
    return greeted_ && FirstFrame(socket_.In(), frame);
  }

  void Shake(const ZmtpFrame& frame) {
    if (!frame.is_command || IsCommand(frame.body, kErrorName)) {
      throw std::runtime_error("the coordinator refuses a connection");
    }
    const std::string answer = mechanism_->Answer(frame.body);
    if (!answer.empty()) {
      AppendFrame(true, answer, socket_.Out());
    }
  }

  void Obey(std::string_view command) {
    if (IsCommand(command, kPing) && command.size() >= kPing.size() + kTtlBytes) {
      std::string pong(kPong);
      pong.append(command.substr(kPing.size() + kTtlBytes));
      mechanism_->Wrap({true, pong}, socket_.Out());
    }
  }

  PlainSocket socket_;
  const std::unique_ptr<ZmtpMechanism> mechanism_;
  bool greeted_ = false;  // The other side has said its greeting.
  std::size_t held_ = 0;  // Bytes of the frame that was looked at last.
};

std::unique_ptr<PlainLink> OpenLink(const std::string& address,
                                    const std::optional<CurveOptions>& curve,
                                    Deadline deadline) {
  constexpr int kPatienceMs = 100;
  auto link = std::make_unique<PlainLink>(
      address, curve ? MakeCurveMechanism(curve->keys, curve->server) : MakeNullMechanism());
  while (!link->Open()) {
    if (std::chrono::steady_clock::now() > deadline) {
      throw std::runtime_error("the coordinator does not answer");
    }
    pollfd event{link->Descriptor(), POLLIN, 0};
    ::poll(&event, 1, kPatienceMs);
  }
  return link;
}

}  // namespace

std::unique_ptr<WorkerLink> MakePlainLink(const std::string& address,
                                          const std::optional<CurveOptions>& curve) {
  constexpr auto kPatience = std::chrono::seconds(60);
  constexpr auto kPause = std::chrono::milliseconds(200);  // A thousand may do so.
  const Deadline deadline = std::chrono::steady_clock::now() + kPatience;
  while (true) {
    try {
      return OpenLink(address, curve, deadline);
    } catch (const std::system_error&) {
      // Nobody listens yet, or turns everybody away as the door is handed on: see CurveDoor.
      if (std::chrono::steady_clock::now() > deadline) {
        throw;
      }
    }
    std::this_thread::sleep_for(kPause);
  }
}

}  // namespace weft::bench
