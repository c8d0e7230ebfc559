#include "tests/benchmarks/farm/gearman_link.h"

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

namespace weft::bench {
namespace {

constexpr std::size_t kHeaderBytes = 12;
constexpr std::size_t kTypeOffset = 4;
constexpr std::size_t kSizeOffset = 8;
constexpr std::string_view kRequest("\0REQ", 4);

std::uint32_t NumberAt(const std::string& bytes, std::size_t offset) {
  std::uint32_t number = 0;
  for (std::size_t i = 0; i < sizeof(number); ++i) {
    number = (number << 8U) | static_cast<unsigned char>(bytes[offset + i]);
  }
  return number;
}

void AppendNumber(std::uint32_t number, std::string& bytes) {
  for (int shift = 24; shift >= 0; shift -= 8) {
    bytes.push_back(static_cast<char>(number >> static_cast<unsigned>(shift)));
  }
}

}  // namespace

GearmanLink::GearmanLink(int port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_port = htons(static_cast<std::uint16_t>(port));
  name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(socket_, reinterpret_cast<const sockaddr*>(&name), sizeof(name)) != 0) {
    const int error = errno;
    ::close(socket_);
    throw std::system_error(error, std::generic_category(), "connecting to gearmand");
  }
  const int yes = 1;
  ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
  ::fcntl(socket_, F_SETFL, O_NONBLOCK);
}

GearmanLink::GearmanLink(GearmanLink&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)),
      in_(std::move(other.in_)),
      read_(other.read_),
      out_(std::move(other.out_)) {}

GearmanLink::~GearmanLink() {
  if (socket_ >= 0) {
    ::close(socket_);
  }
}

void GearmanLink::Add(GearmanType type, std::string_view body) {
  out_.append(kRequest);
  AppendNumber(static_cast<std::uint32_t>(type), out_);
  AppendNumber(static_cast<std::uint32_t>(body.size()), out_);
  out_.append(body);
}

void GearmanLink::Flush() {
  const ssize_t sent = out_.empty() ? 0 : ::send(socket_, out_.data(), out_.size(), MSG_NOSIGNAL);
  if (sent > 0) {
    out_.erase(0, static_cast<std::size_t>(sent));
  }
}

bool GearmanLink::Fill() {
  std::array<char, 16384> buffer{};
  while (true) {
    const ssize_t taken = ::recv(socket_, buffer.data(), buffer.size(), 0);
    if (taken <= 0) {
      return taken < 0 && (errno == EAGAIN || errno == EINTR);
    }
    in_.append(buffer.data(), static_cast<std::size_t>(taken));
  }
}

std::optional<GearmanPacket> GearmanLink::Next() {
  if (in_.size() - read_ < kHeaderBytes) {
    in_.erase(0, std::exchange(read_, 0));
    return std::nullopt;
  }
  const std::size_t size = NumberAt(in_, read_ + kSizeOffset);
  if (in_.size() - read_ < kHeaderBytes + size) {
    in_.erase(0, std::exchange(read_, 0));
    return std::nullopt;
  }
  GearmanPacket packet{static_cast<GearmanType>(NumberAt(in_, read_ + kTypeOffset)),
                       in_.substr(read_ + kHeaderBytes, size)};
  read_ += kHeaderBytes + size;
  return packet;
}

}  // namespace weft::bench
