#include <chrono>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

#include "tests/benchmarks/farm/plain_socket.h"
#include "tests/benchmarks/farm/worker_link.h"

namespace weft::bench {
namespace {

constexpr std::size_t kGreetingBytes = 64;
constexpr unsigned kLong = 2;  // Flags of a frame.
constexpr unsigned kCommand = 4;
constexpr std::size_t kShortMax = 255;
constexpr std::string_view kReadyName = "\5READY";
constexpr std::string_view kErrorName = "\5ERROR";
constexpr std::string_view kPing = "\4PING";
constexpr std::string_view kPong = "\4PONG";
constexpr std::size_t kTtlBytes = 2;

std::uint64_t NumberAt(std::string_view bytes, std::size_t offset, std::size_t size) {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < size; ++i) {
    number = (number << 8U) | static_cast<unsigned char>(bytes[offset + i]);
  }
  return number;
}

void AppendNumber(std::uint64_t number, unsigned bytes, std::string& out) {
  for (unsigned i = bytes; i > 0; --i) {
    out.push_back(static_cast<char>(number >> (8 * (i - 1))));
  }
}

bool StartsWith(std::string_view text, std::string_view head) {
  return text.substr(0, head.size()) == head;
}

// Version 3.1, not the side that is a server.
std::string Greeting() {
  std::string greeting("\xff\0\0\0\0\0\0\0\1\x7f\3\1NULL", 16);
  greeting.resize(kGreetingBytes, '\0');
  return greeting;
}

std::string Ready() {
  const std::string_view name = "Socket-Type";
  const std::string_view value = "DEALER";
  std::string ready(kReadyName);
  AppendNumber(name.size(), 1, ready);
  ready.append(name);
  AppendNumber(value.size(), 4, ready);
  ready.append(value);
  return ready;
}

void AppendFrame(unsigned flags, std::string_view body, std::string& out) {
  const bool is_long = body.size() > kShortMax;
  out.push_back(static_cast<char>(flags | (is_long ? kLong : 0U)));
  AppendNumber(body.size(), is_long ? 8 : 1, out);
  out.append(body);
}

struct Frame {
  unsigned flags = 0;
  std::string_view body;
  std::size_t bytes = 0;  // Of all of it.
};

// False: not all of it is there yet.
bool FirstFrame(std::string_view in, Frame& frame) {
  if (in.empty()) {
    return false;
  }
  frame.flags = static_cast<unsigned char>(in[0]);
  const std::size_t size_bytes = (frame.flags & kLong) != 0 ? 8 : 1;
  if (in.size() < 1 + size_bytes) {
    return false;
  }
  const std::uint64_t size = NumberAt(in, 1, size_bytes);
  if (in.size() - 1 - size_bytes < size) {
    return false;
  }
  frame.body = in.substr(1 + size_bytes, size);
  frame.bytes = 1 + size_bytes + frame.body.size();
  return true;
}

int PortOf(const std::string& address) {
  return std::stoi(address.substr(address.rfind(':') + 1));
}

class PlainLink : public WorkerLink {
 public:
  explicit PlainLink(const std::string& address) : socket_(PortOf(address), address) {
    socket_.Out() = Greeting();
    socket_.Flush();
  }

  bool Send(std::string_view message) override {
    if (state_ != State::kReady) {
      return false;
    }
    AppendFrame(0, message, socket_.Out());
    socket_.Flush();
    return true;
  }

  bool Next(std::string_view& message) override {
    Forget();
    Frame frame;
    while (NextFrame(frame)) {
      if ((frame.flags & kCommand) == 0) {
        message = frame.body;
        held_ = frame.bytes;
        return true;
      }
      Obey(frame.body);
      socket_.Drop(frame.bytes);
    }
    return false;
  }

  [[nodiscard]] int Descriptor() override { return socket_.Descriptor(); }

 private:
  enum class State { kGreeting, kHandshake, kReady };

  // What was handed out last is not looked at any more.
  void Forget() {
    socket_.Drop(std::exchange(held_, 0));
    socket_.Flush();  // What the socket had no room for before.
  }

  bool NextFrame(Frame& frame) {
    if (HasFrame(frame)) {
      return true;
    }
    if (!socket_.Fill()) {
      throw std::runtime_error("the coordinator has closed a connection");
    }
    return HasFrame(frame);
  }

  bool HasFrame(Frame& frame) {
    if (state_ == State::kGreeting && socket_.In().size() >= kGreetingBytes) {
      socket_.Drop(kGreetingBytes);
      state_ = State::kHandshake;
      AppendFrame(kCommand, Ready(), socket_.Out());
      socket_.Flush();
    }
    return state_ != State::kGreeting && FirstFrame(socket_.In(), frame);
  }

  void Obey(std::string_view command) {
    if (StartsWith(command, kReadyName)) {
      state_ = State::kReady;
    } else if (StartsWith(command, kErrorName)) {
      throw std::runtime_error("the coordinator refuses a connection");
    } else if (StartsWith(command, kPing) && command.size() >= kPing.size() + kTtlBytes) {
      std::string pong(kPong);
      pong.append(command.substr(kPing.size() + kTtlBytes));
      AppendFrame(kCommand, pong, socket_.Out());
      socket_.Flush();
    }
  }

  PlainSocket socket_;
  State state_ = State::kGreeting;
  std::size_t held_ = 0;  // Bytes of the frame that was handed out last.
};

}  // namespace

std::unique_ptr<WorkerLink> MakePlainLink(const std::string& address) {
  constexpr auto kPatience = std::chrono::seconds(60);
  constexpr auto kPause = std::chrono::milliseconds(200);  // A thousand may do so.
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (true) {
    try {
      return std::make_unique<PlainLink>(address);
    } catch (const std::system_error&) {
      if (std::chrono::steady_clock::now() > deadline) {
        throw;
      }
    }
    std::this_thread::sleep_for(kPause);
  }
}

}  // namespace weft::bench
