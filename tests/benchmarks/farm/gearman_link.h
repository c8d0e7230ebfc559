// A connection to gearmand, never blocking: packets in, packets out. Source of the format:
// PROTOCOL in gearmand's repository.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "tests/benchmarks/farm/plain_socket.h"

namespace weft::bench {

enum class GearmanType : std::uint32_t {
  kCanDo = 1,
  kPreSleep = 4,
  kNoop = 6,
  kJobCreated = 8,
  kGrabJob = 9,
  kNoJob = 10,
  kJobAssign = 11,
  kWorkComplete = 13,
  kSubmitJobBackground = 18,
};

struct GearmanPacket {
  GearmanType type;
  std::string body;  // Arguments, with a zero byte between any two.
};

class GearmanLink {
 public:
  // To the loopback. Throws std::system_error when it cannot connect.
  explicit GearmanLink(int port) : socket_(port, "gearmand") {}

  // Gathers a packet; Flush() sends what was gathered, as far as the socket takes it.
  void Add(GearmanType type, std::string_view body);
  void Flush() { socket_.Flush(); }

  // Takes in what the socket has; false once the other side is gone.
  bool Fill() { return socket_.Fill(); }
  // The next whole packet that was taken in.
  std::optional<GearmanPacket> Next();

  [[nodiscard]] int Descriptor() const { return socket_.Descriptor(); }

 private:
  PlainSocket socket_;
};

}  // namespace weft::bench
