// A socket to a port of the loopback, never blocking once it is connected: what is gathered goes
// out, what comes in is gathered.

#pragma once

#include <string>
#include <string_view>

namespace weft::bench {

class PlainSocket {
 public:
  // whom: for the message. Throws std::system_error when it cannot connect.
  PlainSocket(int port, const std::string& whom);
  PlainSocket(PlainSocket&& other) noexcept;
  PlainSocket& operator=(PlainSocket&&) = delete;
  PlainSocket(const PlainSocket&) = delete;
  PlainSocket& operator=(const PlainSocket&) = delete;
  ~PlainSocket();

  // What Flush() sends next, as far as the socket takes it.
  [[nodiscard]] std::string& Out() { return out_; }
  void Flush();

  // Takes in what the socket has; false once the other side is gone.
  bool Fill();
  // What was taken in and not yet dropped; until the next Fill() or Drop().
  [[nodiscard]] std::string_view In() const;
  // Drops the first of it.
  void Drop(std::size_t bytes);

  [[nodiscard]] int Descriptor() const { return socket_; }

 private:
  int socket_;
  std::string in_;
  std::size_t read_ = 0;  // Of in_.
  std::string out_;
};

}  // namespace weft::bench
