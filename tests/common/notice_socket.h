// Listens as a service manager does.

#pragma once

#include <array>
#include <cstddef>
#include <cstring>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace weft {

class NoticeSocket {
 public:
  explicit NoticeSocket(const std::string& path) : socket_(::socket(AF_UNIX, SOCK_DGRAM, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof(address.sun_path) - 1);
    EXPECT_EQ(::bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
  }
  NoticeSocket(const NoticeSocket&) = delete;
  NoticeSocket& operator=(const NoticeSocket&) = delete;
  ~NoticeSocket() { ::close(socket_); }

  // Since the last call, oldest first.
  std::vector<std::string> Heard() {
    std::vector<std::string> heard;
    std::array<char, 256> bytes{};
    for (ssize_t size = 0;
         (size = ::recv(socket_, bytes.data(), bytes.size(), MSG_DONTWAIT)) > 0;) {
      heard.emplace_back(bytes.data(), static_cast<std::size_t>(size));
    }
    return heard;
  }

 private:
  int socket_;
};

}  // namespace weft
