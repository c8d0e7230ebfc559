#include "tests/common/transport/chaos_proxy.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/clock.h"

namespace weft {
namespace {

constexpr int kPollMs = 5;
constexpr std::uint32_t kSlowMs = 100;
constexpr std::uint32_t kCutAfterBytes = 4096;
constexpr std::uint32_t kFlipOneOf = 4;  // Pieces.

sockaddr_in Loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

// The socket interface takes every kind of address as this one.
sockaddr* Plain(sockaddr_in* address) {
  return reinterpret_cast<sockaddr*>(
      address);  // NOLINT(cppcoreguidelines-pro-type-reinterpret-cast)
}

[[noreturn]] void Throw(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

}  // namespace

ChaosProxy::ChaosProxy(std::uint16_t port, std::uint32_t seed) : target_(port), random_(seed) {
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = Loopback(0);
  socklen_t size = sizeof(address);
  if (listener_ < 0 || bind(listener_, Plain(&address), size) != 0 || listen(listener_, 64) != 0 ||
      getsockname(listener_, Plain(&address), &size) != 0) {
    Throw("the proxy cannot listen");
  }
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { Work(); });
}

ChaosProxy::~ChaosProxy() {
  stop_ = true;
  thread_.join();
  for (Call& call : calls_) {
    Break(call);
  }
  close(listener_);
}

std::string ChaosProxy::Address() const {
  return "tcp://127.0.0.1:" + std::to_string(port_);
}

void ChaosProxy::Work() {
  while (!stop_) {
    std::vector<pollfd> waits = {{listener_, POLLIN, 0}};
    for (const Call& call : calls_) {
      waits.push_back({call.up.from, POLLIN, 0});
      waits.push_back({call.down.from, POLLIN, 0});
    }
    poll(waits.data(), waits.size(), kPollMs);
    std::size_t next = 1;
    for (Call& call : calls_) {
      const bool heard_up = waits[next++].revents != 0;
      const bool heard_down = waits[next++].revents != 0;
      if (heard_up) {
        Take(call, call.up, true);
      }
      if (heard_down && !call.broken) {
        Take(call, call.down, false);
      }
      BreakIfHoled(call);
      Give(call, call.up);
      Give(call, call.down);
    }
    calls_.remove_if([](const Call& call) { return call.broken; });
    if (waits[0].revents != 0) {
      Accept();
    }
  }
}

void ChaosProxy::Accept() {
  const int caller = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
  const int called = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = Loopback(target_);
  if (caller < 0 || called < 0 || connect(called, Plain(&address), sizeof(address)) != 0) {
    close(caller);
    close(called);
    return;
  }
  fcntl(called, F_SETFL, O_NONBLOCK);
  calls_.push_back({{caller, called}, {called, caller}});
}

void ChaosProxy::Take(Call& call, Way& way, bool is_up) {
  std::array<char, 1 << 16> buffer{};
  const ssize_t count = read(way.from, buffer.data(), buffer.size());
  if (count <= 0) {
    return Break(call);
  }
  const Mood mood = mood_;
  if (mood == (is_up ? Mood::kDeaf : Mood::kMute)) {
    way.has_hole = true;
    return;
  }
  way.carried += static_cast<std::size_t>(count);
  if (mood == Mood::kCutting && way.carried > random_() % kCutAfterBytes) {
    ++cuts_;
    return Break(call);
  }
  std::string bytes(buffer.data(), static_cast<std::size_t>(count));
  if (mood == Mood::kFlipping && random_() % kFlipOneOf == 0) {
    char& byte = bytes[random_() % bytes.size()];
    byte = static_cast<char>(static_cast<unsigned char>(byte) ^ 1U << random_() % 8);
    ++flips_;
  }
  const Duration late(mood == Mood::kSlow ? random_() % kSlowMs : 0);
  const Time due = SteadyClock().Now() + late;
  // A stream keeps its order: nothing overtakes what is late.
  way.pieces.push_back(
      {way.pieces.empty() ? due : std::max(due, way.pieces.back().due), std::move(bytes)});
}

void ChaosProxy::Give(Call& call, Way& way) {
  const Time now = SteadyClock().Now();
  while (!call.broken && !way.pieces.empty() && way.pieces.front().due <= now) {
    std::string& bytes = way.pieces.front().bytes;
    const ssize_t count = send(way.to, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count < 0 && errno != EAGAIN) {
      return Break(call);
    }
    if (count < static_cast<ssize_t>(bytes.size())) {
      bytes.erase(0, static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
      return;  // The other side does not take more now.
    }
    way.pieces.pop_front();
  }
}

void ChaosProxy::BreakIfHoled(Call& call) {
  const Mood mood = mood_;
  if ((call.up.has_hole && mood != Mood::kDeaf) || (call.down.has_hole && mood != Mood::kMute)) {
    ++cuts_;
    Break(call);
  }
}

void ChaosProxy::Break(Call& call) {
  if (!std::exchange(call.broken, true)) {
    close(call.up.from);
    close(call.down.from);
  }
}

}  // namespace weft
