#include "common/service_notice.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace weft {
namespace {

std::string Variable(const char* name) {
  const char* const value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nobody sets it.
  return value == nullptr ? "" : value;
}

std::optional<Duration> WatchdogOf(const std::string& microseconds) {
  constexpr std::size_t kDigitsMax = 15;
  if (microseconds.empty() || microseconds.size() > kDigitsMax ||
      microseconds.find_first_not_of("0123456789") != std::string::npos) {
    return std::nullopt;
  }
  return std::chrono::duration_cast<Duration>(std::chrono::microseconds(std::stoll(microseconds)));
}

}  // namespace

ServiceNotice ServiceNotice::FromEnvironment() {
  const std::string wanted_of = Variable("WATCHDOG_PID");
  const bool is_ours = wanted_of.empty() || wanted_of == std::to_string(::getpid());
  return {Variable("NOTIFY_SOCKET"),
          is_ours ? WatchdogOf(Variable("WATCHDOG_USEC")) : std::nullopt};
}

void ServiceNotice::Ready(const std::string& status) {
  said_ = status;
  Send("READY=1\nSTATUS=" + status);
}

void ServiceNotice::Say(const std::string& status) {
  if (status != said_) {
    said_ = status;
    Send("STATUS=" + status);
  }
}

void ServiceNotice::Stopping() {
  Send("STOPPING=1");
}

void ServiceNotice::Alive(Time now) {
  if (!watchdog_.has_value() || (alive_said_.has_value() && now - *alive_said_ < *watchdog_ / 2)) {
    return;
  }
  alive_said_ = now;
  Send("WATCHDOG=1");
}

void ServiceNotice::Send(const std::string& lines) const {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (socket_.empty() || socket_.size() >= sizeof(address.sun_path)) {
    return;
  }
  std::memcpy(address.sun_path, socket_.data(), socket_.size());
  if (socket_.front() == '@') {
    address.sun_path[0] = '\0';
  }
  const int socket = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (socket < 0) {
    return;
  }
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_.size());
  ::sendto(socket, lines.data(), lines.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
           reinterpret_cast<const sockaddr*>(&address), length);
  ::close(socket);
}

}  // namespace weft
