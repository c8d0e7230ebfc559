#include "tests/benchmarks/farm/plain_socket.h"

#include <array>
#include <cerrno>
#include <cstdint>
#include <system_error>
#include <utility>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

namespace weft::bench {

PlainSocket::PlainSocket(int port, const std::string& whom)
    : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_port = htons(static_cast<std::uint16_t>(port));
  name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(socket_, reinterpret_cast<const sockaddr*>(&name), sizeof(name)) != 0) {
    const int error = errno;
    ::close(socket_);
    throw std::system_error(error, std::generic_category(), "connecting to " + whom);
  }
  const int yes = 1;
  ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
  ::fcntl(socket_, F_SETFL, O_NONBLOCK);
}

PlainSocket::PlainSocket(PlainSocket&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)),
      in_(std::move(other.in_)),
      read_(other.read_),
      out_(std::move(other.out_)) {}

PlainSocket::~PlainSocket() {
  if (socket_ >= 0) {
    ::close(socket_);
  }
}

void PlainSocket::Flush() {
  const ssize_t sent = out_.empty() ? 0 : ::send(socket_, out_.data(), out_.size(), MSG_NOSIGNAL);
  if (sent > 0) {
    out_.erase(0, static_cast<std::size_t>(sent));
  }
}

bool PlainSocket::Fill() {
  in_.erase(0, std::exchange(read_, 0));
  std::array<char, 16384> buffer{};
  while (true) {
    const ssize_t taken = ::recv(socket_, buffer.data(), buffer.size(), 0);
    if (taken <= 0) {
      return taken < 0 && (errno == EAGAIN || errno == EINTR);
    }
    in_.append(buffer.data(), static_cast<std::size_t>(taken));
    if (static_cast<std::size_t>(taken) < buffer.size()) {
      return true;  // That was all; whatever comes now is told of again.
    }
  }
}

std::string_view PlainSocket::In() const {
  return std::string_view(in_).substr(read_);
}

void PlainSocket::Drop(std::size_t bytes) {
  read_ += bytes;
}

}  // namespace weft::bench
